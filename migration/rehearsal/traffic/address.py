"""Where the traffic goes: a loopback address, and nothing else."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


class AddressRefused(ValueError):
    """The URL is not one this generator may load; the message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port of the chat API, and the path it is mounted under (``""`` for the root)."""

    host: str
    port: int
    prefix: str


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and literal loopback addresses; other names are never looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(url: str) -> Address:
    """Read ``http://HOST:PORT[/PREFIX]``. Raises `AddressRefused` for anything not plain HTTP on loopback."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"{url}: {error}; give a URL such as http://127.0.0.1:8080") from error
    if parts.scheme != "http" or not parts.hostname:
        raise AddressRefused(f"{url}: give a plain HTTP URL such as http://127.0.0.1:8080")
    if not is_loopback(parts.hostname):
        raise AddressRefused(
            f"{url}: made-up comments go to a loopback address only; "
            "rehearse on this machine, for instance at http://127.0.0.1:8080"
        )
    return Address(host=parts.hostname, port=port or 80, prefix=parts.path.rstrip("/"))
