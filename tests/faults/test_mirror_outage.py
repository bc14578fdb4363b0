"""A mirror away, the control database away, both at once: no client notices, and everything is paid (protocol W6)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from math import inf
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from pytest_django import Settings

from migration.enums import DebtState, Phase
from migration.models import Debt, Rollout
from tests import engines
from tests.faults.accounts import database_away, pay_everything, unpaid, violations
from tests.faults.outages import behind_a_wire, go_away_and_return
from tests.faults.posting import WORKERS, Load, web_processes
from tests.migration.bed import Bed
from tests.migration.vectors import stand

WRITERS = 4
HANGS = 3.0
LOCKED_SECONDS = 4.0
MIRROR_DEADLINE = 1.0
CONTROL_LIMIT = 0.2
BUSY = 0.6
"""Seconds an answer may take for reasons of the machine, which runs other tests too."""

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _web_folder(bed: Bed, settings: Settings) -> None:
    settings.VAR_DIR = bed.folder / "web"


@contextmanager
def posting(load: Load) -> Iterator[Load]:
    with ThreadPoolExecutor(WRITERS) as threads:
        writers: list[Future[None]] = [threads.submit(load.post_until_stopped, number) for number in range(WRITERS)]
        try:
            load.await_answers(60)
            yield load
        finally:
            load.stop.set()
        for writer in writers:
            writer.result(60)


def spooled(bed: Bed) -> int:
    """Bytes in the spools of the web processes."""
    return sum(path.stat().st_size for path in (bed.folder / "web" / "holders").glob("*.spool"))


def await_nothing_spooled(bed: Bed) -> None:
    deadline = monotonic() + 30
    while spooled(bed):
        assert monotonic() < deadline, "the spool is not emptied"
        sleep(0.05)


def await_mirrored_again(load: Load) -> None:
    """Both processes' breakers are closed: a while of posts adds no debt."""
    deadline = monotonic() + 20
    while True:
        before = unpaid()
        sleep(0.5)
        if unpaid() == before:
            return
        assert monotonic() < deadline, "posts still become debts"


def waves_of(starts: list[float]) -> list[int]:
    """How many began within a deadline of the first one, how many within a deadline of the next one, and so on."""
    waves: list[int] = []
    first = -inf
    for start in sorted(starts):
        if start > first + MIRROR_DEADLINE:
            first = start
            waves.append(0)
        waves[-1] += 1
    return waves


@pytest.mark.parametrize(
    # `slow` is what a put takes at least that the mirror does not answer: two fifths of its deadline, or all of it.
    ("write", "mirror", "refuses", "slow"),
    [(Phase.DUAL, "scylla-room", 7.0, 0.9), (Phase.CUTOVER, "dynamodb", 3.0, 0.39)],
)
def test_a_mirror_that_is_away_costs_one_deadline_and_no_comment(
    bed: Bed, rollout: Rollout, write: Phase, mirror: str, refuses: float, slow: float
) -> None:
    stand(rollout, write=write, reads=Phase.CUTOVER)
    address = engines.cql_address() if mirror == "scylla-room" else engines.dynamodb_address()
    with behind_a_wire(address) as wires:
        port = str(wires[0].port)
        variables = (
            {"SCYLLA_PORT": port} if mirror == "scylla-room" else {"DYNAMODB_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        )
        with web_processes(bed, **variables) as web, posting(Load(web)) as load:
            assert unpaid() == 0
            began = monotonic()
            go_away_and_return(wires, address, hangs=HANGS, refuses=refuses)
            back = monotonic()
            owed = unpaid()
            await_mirrored_again(load)
        during = [answer for answer in load.answers if began <= answer.at < back]

    assert {answer.status for answer in load.answers} == {200}
    # Those that were under way when a process met the outage, and nobody after them.
    waves = waves_of([answer.at for answer in during if answer.seconds > slow])
    assert 1 <= len(waves) <= WORKERS
    assert max(waves) <= WRITERS * WORKERS
    assert max(answer.seconds for answer in during) < MIRROR_DEADLINE + CONTROL_LIMIT + BUSY

    assert owed > 50
    assert set(Debt.objects.values_list("owed", "state")) == {(mirror, DebtState.OPEN)}
    assert violations(load.accepted, bed) != []
    pay_everything(sweeping=False)
    assert violations(load.accepted, bed) == []


def test_debts_go_to_the_spool_while_the_control_database_is_away_too(
    bed: Bed, rollout: Rollout, control: Path
) -> None:
    """First the control database alone; then the mirror, both, and the control database alone again."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    address = engines.cql_address()
    with (
        behind_a_wire(address) as wires,
        web_processes(bed, SCYLLA_PORT=str(wires[0].port)) as web,
        posting(Load(web)) as load,
    ):
        began = monotonic()
        with database_away(control):
            sleep(1.5)
            alone = monotonic()
        sleep(0.5)
        assert (unpaid(), spooled(bed)) == (0, 0)

        away = {"hangs": 1.5, "refuses": LOCKED_SECONDS - 1.0}
        outage = Thread(target=go_away_and_return, args=(wires, address), kwargs=away)
        outage.start()
        sleep(2.0)
        both = monotonic()
        with database_away(control):
            sleep(LOCKED_SECONDS)
            ended, waiting = monotonic(), spooled(bed)
        outage.join()
        await_nothing_spooled(bed)
        await_mirrored_again(load)

    assert {answer.status for answer in load.answers} == {200}
    assert max(answer.seconds for answer in load.answers if began <= answer.at < alone) < BUSY
    assert waiting > 0
    # Each process tries the database once a second, and nobody waits for it longer than the limit.
    during = [answer for answer in load.answers if both <= answer.at < ended]
    late = [answer for answer in during if answer.seconds > CONTROL_LIMIT]
    assert len(late) < len(during) / 4
    assert max(answer.seconds for answer in during) < CONTROL_LIMIT + BUSY

    pay_everything(sweeping=False)
    assert violations(load.accepted, bed) == []
