"""A bench writes as fast as it can, so it only touches engines on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from chatproject.env import Env


class NotLoopback(Exception):
    """An address is not one of this machine's own, or is not given."""


def check(env: Env) -> None:
    """Raises `NotLoopback`, naming each setting that leads elsewhere."""
    hosts: dict[str, list[str | None]] = {
        "DYNAMODB_ENDPOINT_URL": [urlsplit(env.dynamodb_endpoint_url).hostname if env.dynamodb_endpoint_url else None],
        "SCYLLA_CONTACT_POINTS": list(env.scylla_contact_points),
        "REDIS_URL": [urlsplit(env.redis_url).hostname],
    }
    wrong = [f"{name} ({_said(host)})" for name, given in hosts.items() for host in given if not is_loopback(host)]
    if wrong:
        raise NotLoopback(
            f"a bench runs on engines of this machine only, and these are not: {', '.join(wrong)}.\n"
            'Start local ones (`python -m devstack up`) and take their addresses (`eval "$(python -m devstack env)"`).'
        )


def is_loopback(host: str | None) -> bool:
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # Another name may resolve to anything.
        return False


def _said(host: str | None) -> str:
    return "not set, which means the cloud" if host is None else host
