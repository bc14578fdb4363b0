"""Who acts on flags, who is behind or silent, and what to do about it."""

from __future__ import annotations

import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from migration.enums import HolderState
from migration.holders.dead import is_proven_dead
from migration.holders.identity import own_host
from migration.holders.traces import are_lost
from migration.models import Holder, Rollout

SILENT_SECONDS = 10.0
"""Ten heartbeats. Only for people: no process is ever taken for dead by its age (protocol F9, T7)."""
MOST_SHOWN = 200

HERE = "here"
CONTAINER = "another container of this machine"
EARLIER = "this machine before its last start, by its name"
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Listed:
    """`seen_seconds` since its last heartbeat, by its own machine's clock and ours. `files_waiting` is the bytes of its
    spool, None where this machine does not see it. `files_lost`: it is proven dead, and what became of its files nobody
    noted."""

    id: int
    kind: str
    state: str
    machine: str
    where: str
    pid: int
    backend: str
    slot: int | None
    epoch: int
    behind: bool
    seen_seconds: float
    files_waiting: int | None
    proven_dead: bool
    files_lost: bool
    declared_by: str
    declared_how: str

    @property
    def silent(self) -> bool:
        return self.state == HolderState.LIVE and self.seen_seconds > SILENT_SECONDS

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"silent": self.silent}


def listed(*, everyone: bool = False) -> list[Listed]:
    """The live ones, oldest first; with `everyone` the last 200 of any state."""
    epoch = Rollout.objects.filter(active=True).values_list("epoch", flat=True).first() or 0
    if not everyone:
        return [_listed(holder, epoch) for holder in Holder.objects.filter(state=HolderState.LIVE).order_by("pk")]
    newest = Holder.objects.order_by("-pk")[:MOST_SHOWN]
    return [_listed(holder, epoch) for holder in reversed(newest)]


def _listed(holder: Holder, epoch: int) -> Listed:
    live = holder.state == HolderState.LIVE
    where = where_of(holder)
    dead = live and is_proven_dead(holder)
    return Listed(
        id=holder.pk,
        kind=holder.kind,
        state=holder.state,
        machine=holder.machine,
        where=where,
        pid=holder.pid,
        backend=holder.backend,
        slot=holder.slot,
        epoch=holder.acked_epoch,
        behind=live and holder.acked_epoch < epoch,
        seen_seconds=max(0.0, round((timezone.now() - holder.seen_at).total_seconds(), 1)),
        files_waiting=_spooled(holder) if where in (HERE, EARLIER) else None,
        proven_dead=dead,
        files_lost=dead and _lost(holder),
        declared_by=holder.declared_by,
        declared_how=holder.declared_how,
    )


def where_of(holder: Holder) -> str:
    own = own_host()
    if holder.host == own:
        return HERE
    if holder.host.partition(" ")[0] == own.partition(" ")[0]:
        return CONTAINER
    # A name is a hint, not a proof: two machines may share it.
    return EARLIER if holder.machine == socket.gethostname() else ELSEWHERE


def _spooled(holder: Holder) -> int | None:
    """0 where there is no spool: it is removed when it was emptied at the end of a process."""
    if not holder.files:
        return None
    try:
        return Path(f"{holder.files}.spool").stat().st_size
    except FileNotFoundError:
        return 0
    except OSError:
        return None


def _lost(holder: Holder) -> bool:
    """True also where the folder cannot be looked into: nobody can empty them from here."""
    try:
        return are_lost(holder)
    except OSError:
        return True


def advice(rows: list[Listed]) -> list[str]:
    """A sentence for each live process that is silent."""
    return [f"{row.kind} {row.id}: {_what_to_do(row)}" for row in rows if row.silent]


def _what_to_do(row: Listed) -> str:
    silent = f"silent for {row.seen_seconds:.0f} s"
    declare = f"`manage.py holders declare-dead {row.id} --how ...`"
    if row.files_lost:
        return (
            f"{silent} and proven dead, but its spool and in-flight file are not to be seen. Bring their folder back "
            f"(VAR_DIR/holders, as that process saw it); if it is lost, so is what they held: {declare}"
        )
    if row.proven_dead:
        return f"{silent} and proven dead: the next move, or the next process that starts, clears it away"
    if row.where == HERE:
        return f"{silent}, but process {row.pid} is there: stopped or hanging. End it with `kill {row.pid}`"
    if row.where == EARLIER:
        return f"{silent}. It ran on {row.where}. If no other machine has that name: {declare}"
    place = row.machine or "its machine"
    return f"{silent}. End it on {place} ({row.where}): it is then proven dead there. If that is gone: {declare}"
