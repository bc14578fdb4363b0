"""The live processes, and which of them the next step waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from migration.enums import HolderState
from migration.models import Holder, Rollout
from migration.transitions.behind import behind

SILENT_SECONDS = 5
"""A process beats each second; one that is not heard for this long is said to be silent."""


@dataclass(frozen=True, slots=True)
class Process:
    """`behind` and `silent` are seconds, null when it is neither."""

    pk: int
    kind: str
    pid: int
    machine: str
    epoch: int
    behind: int | None
    silent: int | None


@dataclass(frozen=True, slots=True)
class Processes:
    live: list[Process]

    @property
    def missing(self) -> list[Process]:
        return [process for process in self.live if process.behind is not None]

    @property
    def confirmed(self) -> int:
        return len(self.live) - len(self.missing)


def processes(rollout: Rollout) -> Processes:
    late = {one.id: int(one.seconds) for one in behind(rollout.epoch)}
    now = timezone.now()
    holders = Holder.objects.filter(state=HolderState.LIVE).order_by("pk")
    return Processes([_process(holder, late.get(holder.pk), now) for holder in holders])


def _process(holder: Holder, late: int | None, now: datetime) -> Process:
    quiet = int((now - holder.seen_at).total_seconds())
    return Process(
        pk=holder.pk,
        kind=holder.kind,
        pid=holder.pid,
        machine=holder.machine,
        epoch=holder.acked_epoch,
        behind=late,
        silent=quiet if quiet >= SILENT_SECONDS else None,
    )
