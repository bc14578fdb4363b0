"""The real Celery worker and beat that pay debts, on the stores and the control database of one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from chatproject import programs
from chatproject.children import Children
from migration.exceptions import NoWorker
from migration.wakeups import require_workers
from tests.migration.bed import Bed
from tests.migration.broker import broker

READY_SECONDS = 60.0


@contextmanager
def paying(bed: Bed, **variables: str) -> Iterator[Children]:
    """They look for what dead web processes left in `web/` of the test's folder, as `web_processes` has it."""
    surroundings = {**bed.environ, "VAR_DIR": str(bed.folder / "web"), **variables}
    children = Children(logs=bed.folder / "log", env=surroundings)
    # Messages of other tests would name rows that are not in this control database.
    with broker():
        try:
            children.start("control", programs.worker("control"))
            children.start("beat", programs.beat(bed.folder / "beat"))
            yield children
            assert children.ended() == {}, {name: children.log_tail(name) for name in children.running}
        finally:
            children.stop_all()


def await_listening() -> None:
    """Within `paying`: until the worker takes tasks, so that its start is over before anything is measured."""
    deadline = monotonic() + READY_SECONDS
    while True:
        try:
            return require_workers("control")
        except NoWorker:
            if monotonic() > deadline:
                raise
