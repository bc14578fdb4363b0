"""Waits for a run on the terminal, with progress; or works on it in this very process."""

from __future__ import annotations

import time
from collections.abc import Callable

from migration.enums import RunKind, RunState, SegmentState
from migration.flags.acting import taking_part
from migration.holders.kinds import COMMAND
from migration.models import Run
from migration.segments.sweep import Observer, requeue
from migration.wakeups import require_workers, wake

LOOK_SECONDS = 0.5

Work = Callable[[int], float | None]
"""Attempts a segment: seconds until the next attempt, or None (see `migration.segments.attempt`)."""
Close = Callable[[int], Run]


def dispatch(run: Run) -> None:
    """Wakes the workers for every waiting segment. Raises `NoWorker` when nobody listens on the queue."""
    kind = RunKind(run.kind)
    wake(run.segments.filter(state=SegmentState.PENDING).values_list("pk", flat=True), kind)


def check_workers(kind: RunKind) -> None:
    require_workers(kind.value)


def work_inline(run: Run, work: Work, close: Close, show: Callable[[], None]) -> Run:
    """Works on the segments one after the other, here. Interrupted, the run goes on where it was with `resume`.

    Raises `NotServing` when this process cannot register as a holder (protocol F3).
    """
    with taking_part(COMMAND):
        return _work(run, work, close, show)


def _work(run: Run, work: Work, close: Close, show: Callable[[], None]) -> Run:
    observer = Observer()
    while (now := close(run.pk)).state == RunState.RUNNING:
        segment = run.segments.filter(state=SegmentState.PENDING).order_by("attempts", "number").first()
        if segment is None:
            # Other processes hold the rest. One of them may have died: then its lease runs out.
            time.sleep(LOOK_SECONDS)
            _take_back(run, observer)
        else:
            time.sleep(work(segment.pk) or 0.0)
        show()
    return now


def _take_back(run: Run, observer: Observer) -> None:
    for segment in observer.expired():
        if segment.run_id == run.pk:
            requeue(segment)


def wait_for(run: Run, close: Close, show: Callable[[], None]) -> Run:
    """Until the run has ended."""
    while (now := close(run.pk)).state == RunState.RUNNING:
        show()
        time.sleep(LOOK_SECONDS)
    return now
