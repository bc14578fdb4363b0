"""Empties the table and keyspace of an earlier rehearsal, and nothing else."""

from __future__ import annotations

import ipaddress
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat.conf import Role, deadlines, env
from chat.data import StoreId
from chat.stores.dynamodb.calls import Calls
from chat.stores.registry import cql_connection
from migration.exceptions import ControlError


class NotOurs(ControlError):
    """The stores hold something no rehearsal made."""


def clear_ground(owner: Path, *, reset: bool) -> None:
    """Drops the table and keyspace of the settings if an earlier rehearsal made them, or if told to.

    Raises `NotOurs` for anything else that is there, and for stores that are not on this machine.
    """
    require_local()
    there = identity()
    mine = json.loads(owner.read_text()) if owner.exists() else {}
    foreign = [name for name, mark in there.items() if mark is not None and mark != mine.get(name)]
    if foreign and not reset:
        raise NotOurs(
            f"{' and '.join(foreign)} exist already and no rehearsal made them. Choose other names "
            "(DYNAMODB_TABLE, KEYSPACE), or delete what is there with `make demo RESET=1` (rehearse --reset)"
        )
    _drop(there)
    owner.unlink(missing_ok=True)


def claim_ground(owner: Path) -> None:
    """Remembers what this rehearsal has made."""
    owner.write_text(json.dumps(identity()))


def identity() -> dict[str, str | None]:
    """What tells this very table and keyspace from later ones of the same name; None where there is none."""
    return {f"table {env().dynamodb_table}": _table_mark(), f"keyspace {env().keyspace}": _keyspace_mark()}


def require_local() -> None:
    """A rehearsal writes, damages and drops: it never does so on a machine that is not this one."""
    endpoint = env().dynamodb_endpoint_url
    if endpoint is None:
        raise NotOurs("DYNAMODB_ENDPOINT_URL is not set, which means AWS: a rehearsal runs on local engines only")
    hosts = [urlsplit(endpoint).hostname or "", *env().scylla_contact_points]
    for host in hosts:
        if not _is_loopback(host):
            raise NotOurs(f"{host} is not this machine: a rehearsal runs on local engines only")


def _is_loopback(host: str) -> bool:
    addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)


def _calls() -> Calls:
    return Calls(
        endpoint_url=env().dynamodb_endpoint_url,
        region=env().aws_region,
        deadlines=deadlines(Role.WORKER),
        store=StoreId.DYNAMODB,
    )


def _table_mark() -> str | None:
    name = env().dynamodb_table
    if name not in _calls().read(lambda client: client.list_tables())["TableNames"]:
        return None
    table = _calls().read(lambda client: client.describe_table(TableName=name))["Table"]
    return f"{table.get('TableId', '')} {table['CreationDateTime'].timestamp()}"


def _session() -> Any:
    return cql_connection().session(seconds=deadlines(Role.WORKER).request)


def _keyspace_mark() -> str | None:
    query = "SELECT id FROM system_schema.tables WHERE keyspace_name = %s"
    found = sorted(str(row["id"]) for row in _session().execute(query, (env().keyspace,)))
    return " ".join(found) or None


def _drop(there: dict[str, str | None]) -> None:
    table, keyspace = there.values()
    if table is not None:
        _calls().read(lambda client: client.delete_table(TableName=env().dynamodb_table))
    if keyspace is not None:
        # The name comes from settings that allow letters, digits and underscores only.
        _session().execute(f"DROP KEYSPACE {env().keyspace}", timeout=30)
