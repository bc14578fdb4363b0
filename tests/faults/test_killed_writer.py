"""A writer killed between any two steps of a post: another process finds and pays all of it (protocol W5, W6, D4)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from pytest_django import Settings

from migration.enums import DebtState, HolderState, Phase
from migration.holders.dead import bury_proven_dead
from migration.ledger.files import collect_left_behind
from migration.models import Debt, Holder, Rollout
from tests.faults import writers
from tests.faults.accounts import pay_everything, violations
from tests.faults.posting import Load, web_processes
from tests.migration.bed import Bed
from tests.migration.vectors import stand
from tests.serving import WebServer

WRITERS = 4


@pytest.fixture(params=[Phase.DUAL, Phase.CUTOVER])
def authority(request: pytest.FixtureRequest, bed: Bed, rollout: Rollout, settings: Settings) -> str:
    """Either direction; dead processes are looked for in the test's own folder."""
    settings.VAR_DIR = bed.folder
    stand(rollout, write=request.param, reads=Phase.CUTOVER)
    return "dynamodb" if request.param is Phase.DUAL else "scylla-room"


@pytest.mark.parametrize(
    ("point", "state"),
    [
        ("before the authority", DebtState.UNSETTLED),
        ("after the authority", DebtState.UNSETTLED),
        ("after the mirror", DebtState.UNSETTLED),
        ("before the ledger", DebtState.UNSETTLED),
        ("after the ledger", DebtState.OPEN),
        ("before the spool", DebtState.UNSETTLED),
        ("after the spool", DebtState.OPEN),
        ("while the spool is emptied", DebtState.OPEN),
    ],
)
def test_whatever_it_had_begun_is_finished_by_others(
    bed: Bed, control: Path, authority: str, point: str, state: DebtState
) -> None:
    writer = writers.start(bed, control, point=point, authority=authority)
    assert writer.process.wait() == -signal.SIGKILL, writer.process.said
    assert next(iter(writer.accepted)) == "before it"
    collect_left_behind()
    assert list(Debt.objects.values_list("text", "state")) == [("comment 0", state)]
    # Without the sweep: each net holds by itself.
    pay_everything(sweeping=False)
    assert violations(writer.accepted, bed) == []
    assert {row.text for row in bed.rows()} == {"before it", "comment 0"}
    assert {path.suffix for path in (bed.folder / "holders").iterdir()} <= {".witness"}


def test_the_dead_are_buried_only_when_their_files_are_in_the_ledger(bed: Bed, control: Path, authority: str) -> None:
    """A move takes the ledger for complete when no older holder is left (protocol F3)."""
    writer = writers.start(bed, control, point="after the spool", authority=authority)
    assert writer.process.wait() == -signal.SIGKILL, writer.process.said
    assert bury_proven_dead() == 1
    assert list(Debt.objects.values_list("text", flat=True)) == ["comment 0"]


@pytest.fixture
def server(bed: Bed, rollout: Rollout, settings: Settings) -> Iterator[WebServer]:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    settings.VAR_DIR = bed.folder / "web"
    with web_processes(bed) as web:
        yield web


def test_web_processes_killed_under_load_lose_nothing_that_they_answered(server: WebServer, bed: Bed) -> None:
    load = Load(server)
    with ThreadPoolExecutor(WRITERS) as threads:
        posting = [threads.submit(load.post_until_stopped, number) for number in range(WRITERS)]
        load.await_answers(40)
        victims = list(Holder.objects.filter(state=HolderState.LIVE, kind="web").values_list("pid", flat=True))
        assert len(victims) >= 1
        load.kill(victims)
        sleep(0.3)
        load.stop.set()
        for one in posting:
            one.result(30)
    assert len(load.accepted) >= 40
    pay_everything()
    assert violations(load.accepted, bed) == []
