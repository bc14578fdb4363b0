"""How often each data centre keeps the keyspace: from the setting, or from the size of the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chat.exceptions import StoreRefused
from chat.schema import ddl
from chat.schema.drift import Difference, DriftKind
from chat.schema.queries import STORE, rows

STRATEGY: Final = "NetworkTopologyStrategy"
_MOST_COPIES: Final = 3


@dataclass(frozen=True, slots=True)
class Replication:
    """`options` as CREATE KEYSPACE takes them; `chosen` tells the operator what was taken and why.

    A keyspace that is there keeps what it has unless the setting says otherwise (`explicit`).
    """

    options: dict[str, str]
    chosen: str
    explicit: bool


def nodes_by_data_centre(session: Any) -> dict[str, int]:
    """How many nodes each data centre of the cluster has, as the coordinator sees it."""
    local = rows(session, "SELECT data_center FROM system.local")
    peers = rows(session, "SELECT data_center FROM system.peers")
    return dict(Counter(row["data_center"] for row in (*local, *peers) if row["data_center"]))


def choose(setting: str | None, *, local_dc: str, nodes: Mapping[str, int]) -> Replication:
    """`3` is that many copies in each data centre, `dc1:3,dc2:2` names them, None is 3 at most in the local.

    Raises StoreRefused for a data centre that the cluster does not have.
    """
    if setting is None:
        return _by_size(local_dc, nodes)
    options = _named(setting) if ":" in setting else {"replication_factor": str(int(setting))}
    chosen = f"replication {setting}, from SCYLLA_REPLICATION"
    for name, copies in _expand(options, nodes).items():
        _require(name, nodes, "SCYLLA_REPLICATION")
        if int(copies) > nodes[name]:
            chosen += _too_few(name, copies, nodes[name])
    return Replication(_with_strategy(options), chosen, explicit=True)


def compare(
    keyspace: str,
    wanted: Replication,
    found: Mapping[str, str] | None,
    *,
    nodes: Mapping[str, int],
    create: str,
) -> Difference | None:
    """`create` is the statement that makes the keyspace; None when the keyspace needs nothing."""
    if found is None:
        sentence = f"the keyspace {keyspace} does not exist"
        todo = f"create it, with {wanted.chosen}"
        return Difference(STORE, keyspace, DriftKind.MISSING_KEYSPACE, sentence, todo, create)
    if not wanted.explicit or _copies(wanted.options, nodes) == _copies(found, nodes):
        return None
    there, expected = ddl.literal(found), ddl.literal(wanted.options)
    sentence = f"the keyspace {keyspace} is replicated as {there}, not {expected}"
    todo = (
        "copies move between nodes, so this is yours to time: "
        f"`ALTER KEYSPACE {keyspace} WITH replication = {expected};`, "
        f"then `nodetool repair {keyspace}` on each node"
    )
    return Difference(STORE, keyspace, DriftKind.WRONG_REPLICATION, sentence, todo)


def _by_size(local_dc: str, nodes: Mapping[str, int]) -> Replication:
    _require(local_dc, nodes, "SCYLLA_LOCAL_DC")
    copies = min(_MOST_COPIES, nodes[local_dc])
    chosen = f"replication {local_dc}:{copies} (nodes there: {nodes[local_dc]}, SCYLLA_REPLICATION not set)"
    # By name: ALTER KEYSPACE refuses a bare factor on tablets, and other centres are not ours to fill.
    return Replication(_with_strategy({local_dc: str(copies)}), chosen, explicit=False)


def _named(setting: str) -> dict[str, str]:
    pairs = (part.rsplit(":", 1) for part in setting.split(","))
    return {name.strip(): str(int(copies)) for name, copies in pairs}


def _with_strategy(options: dict[str, str]) -> dict[str, str]:
    return {"class": STRATEGY, **options}


def _expand(options: Mapping[str, str], nodes: Mapping[str, int]) -> dict[str, str]:
    """Copies by data centre: the engines write a bare factor out over the centres they have."""
    named = {name: copies for name, copies in options.items() if name not in ("class", "replication_factor")}
    factor = options.get("replication_factor")
    return named if factor is None else dict.fromkeys(nodes, factor) | named


def _copies(options: Mapping[str, str], nodes: Mapping[str, int]) -> tuple[str | None, dict[str, str]]:
    return options.get("class"), _expand(options, nodes)


def _require(name: str, nodes: Mapping[str, int], setting: str) -> None:
    if name not in nodes:
        there = ", ".join(sorted(nodes))
        raise StoreRefused(STORE, f"{setting} names the data centre {name}, the cluster has {there}: correct it")


def _too_few(name: str, copies: str, there: int) -> str:
    return f"; but {name} has {there} of {copies} nodes: requests at QUORUM may fail, add nodes or lower it"
