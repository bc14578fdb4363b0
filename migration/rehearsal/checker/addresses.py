"""Where the stores are: the environment variables of the contract, read once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import EvidenceInvalid

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")


@dataclass(frozen=True, slots=True)
class DynamoAddress:
    """`endpoint` None is AWS itself; credentials and region come from boto3's own variables."""

    endpoint: str | None
    table: str

    @property
    def where(self) -> str:
        return self.endpoint or "AWS"

    def is_local(self) -> bool:
        return self.endpoint is not None and _is_loopback(urlsplit(self.endpoint).hostname or "")


@dataclass(frozen=True, slots=True)
class CqlAddress:
    """Contact points and login of the CQL store; `tls_ca` is the path of a PEM file."""

    hosts: tuple[str, ...]
    port: int
    datacenter: str
    keyspace: str
    username: str | None = None
    password: str | None = None
    tls_ca: str | None = None

    @property
    def where(self) -> str:
        return f"{','.join(self.hosts)}:{self.port}"

    def is_local(self) -> bool:
        return all(_is_loopback(host) for host in self.hosts)


def read_dynamo_address(environ: Mapping[str, str]) -> DynamoAddress:
    return DynamoAddress(
        endpoint=environ.get("DYNAMODB_ENDPOINT_URL") or None,
        table=environ.get("DYNAMODB_TABLE") or "chat",
    )


def read_cql_address(environ: Mapping[str, str]) -> CqlAddress:
    """Raises `EvidenceInvalid` for a keyspace that is not an identifier: it becomes part of statements."""
    keyspace = environ.get("KEYSPACE") or "chat_app"
    if not IDENTIFIER.fullmatch(keyspace):
        raise EvidenceInvalid(f"KEYSPACE={keyspace!r}: letters, digits and _ only, at most 48, a letter first")
    hosts = (environ.get("SCYLLA_CONTACT_POINTS") or "127.0.0.1").split(",")
    port = environ.get("SCYLLA_PORT") or "9042"
    if not port.isdecimal():
        raise EvidenceInvalid(f"SCYLLA_PORT={port!r} is not a port number")
    return CqlAddress(
        hosts=tuple(host.strip() for host in hosts if host.strip()),
        port=int(port),
        datacenter=environ.get("SCYLLA_LOCAL_DC") or "datacenter1",
        keyspace=keyspace,
        username=environ.get("SCYLLA_USERNAME") or None,
        password=environ.get("SCYLLA_PASSWORD") or None,
        tls_ca=environ.get("SCYLLA_TLS_CA") or None,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
