"""The write authority moves while processes, the control database or an engine fail: real processes, under load.

Nothing acknowledged is lost or doubled; the move finishes or says why it waits, and finishes when the cause is gone.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer
from time import monotonic, sleep

import pytest
from pytest_django import Settings

from migration.conf import STALE_POLL_SECONDS
from migration.enums import HolderState, Phase, Step, WriteFlag
from migration.models import Holder, Rollout, Transition
from tests import engines
from tests.faults.accounts import database_away, pay_everything, violations
from tests.faults.outages import behind_a_wire, go_away_and_return
from tests.faults.posting import Load, web_processes
from tests.migration.bed import Bed, Outcome, run
from tests.migration.vectors import stand, write_flag

WRITERS = 4
NOWHERE = "redis://127.0.0.1:9/0"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def _before_the_move(bed: Bed, rollout: Rollout, settings: Settings) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    settings.VAR_DIR = bed.folder / "web"


@contextmanager
def posting(load: Load) -> Iterator[Load]:
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [threads.submit(load.post_through_kills, number) for number in range(WRITERS)]
        try:
            load.await_answers(40)
            yield load
            sleep(0.5)
        finally:
            load.stop.set()
        for writer in writers:
            writer.result(60)


def move(verb: str = "advance", *, wait: int = 20) -> Outcome:
    return run("route", verb, "post_comment", "--reason", "a test of faults", "--wait", str(wait))


def move_until_done(verb: str = "advance", *, seconds: float = 40.0) -> list[str]:
    """Repeats the command as an operator would; what it said meanwhile."""
    said, deadline = [], monotonic() + seconds
    while (outcome := move(verb)).code:
        said.append(outcome.error)
        assert monotonic() < deadline, said
        pay_everything(sweeping=False)
    return said


def web_holders() -> list[Holder]:
    return list(Holder.objects.filter(state=HolderState.LIVE, kind="web").order_by("pk"))


def settled(load: Load, bed: Bed) -> list[str]:
    """At the end: nothing is under way, and nothing that was accepted is missing or doubled."""
    assert not Transition.objects.filter(step__in=[Step.INTENT, Step.HELD, Step.FLIPPED]).exists()
    assert {answer.status for answer in load.answers} <= {200, 503}
    pay_everything(sweeping=False)
    return violations(load.accepted, bed)


@pytest.mark.parametrize("verb", ["advance", "rollback"])
def test_a_process_killed_in_the_hold_is_proven_dead_and_the_move_finishes(
    bed: Bed, rollout: Rollout, verb: str
) -> None:
    if verb == "rollback":
        stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    with web_processes(bed) as web, posting(Load(web)) as load:
        victim = web_holders()[0]
        load.killed.set()
        # Stopped, it cannot confirm the hold; killed there, it never will.
        os.kill(victim.pid, signal.SIGSTOP)
        killer = Timer(0.7, os.kill, (victim.pid, signal.SIGKILL))
        killer.start()
        move_until_done(verb)
        killer.join()
    victim.refresh_from_db()
    assert victim.state == HolderState.DEAD
    assert write_flag() is (WriteFlag.TARGET_MIRROR if verb == "advance" else WriteFlag.SOURCE_MIRROR)
    assert settled(load, bed) == []


def test_a_stopped_process_is_waited_for_by_name_and_the_move_finishes_once_it_wakes(bed: Bed) -> None:
    with web_processes(bed) as web, posting(Load(web)) as load:
        asleep = web_holders()[0]
        os.kill(asleep.pid, signal.SIGSTOP)
        try:
            outcome = move(wait=1)
        finally:
            os.kill(asleep.pid, signal.SIGCONT)
        assert (outcome.code, str(asleep) in outcome.error) == (1, True)
        assert write_flag() is WriteFlag.SOURCE_MIRROR
        move_until_done()
    assert write_flag() is WriteFlag.TARGET_MIRROR
    assert settled(load, bed) == []


def test_without_redis_processes_poll_and_both_moves_finish(bed: Bed) -> None:
    with web_processes(bed, REDIS_URL=NOWHERE) as web, posting(Load(web)) as load:
        assert [move(verb).code for verb in ("advance", "rollback")] == [0, 0]
    assert {answer.status for answer in load.answers} == {200}
    assert settled(load, bed) == []


def test_a_control_database_that_is_away_in_a_move_delays_it_and_loses_nothing(bed: Bed, control: Path) -> None:
    def go_away() -> None:
        for _ in range(3):
            sleep(0.1)
            with database_away(control):
                sleep(0.8)

    with web_processes(bed) as web, posting(Load(web)) as load:
        outage = Thread(target=go_away)
        outage.start()
        move_until_done()
        outage.join()
        move_until_done("rollback")
    assert write_flag() is WriteFlag.SOURCE_MIRROR
    assert settled(load, bed) == []


def test_a_new_authority_that_is_away_is_not_moved_to_until_it_is_back(bed: Bed) -> None:
    address = engines.cql_address()
    away = {"hangs": 1.5, "refuses": 3.0}
    with (
        behind_a_wire(address) as wires,
        web_processes(bed, SCYLLA_PORT=str(wires[0].port)) as web,
        posting(Load(web)) as load,
    ):
        outage = Thread(target=go_away_and_return, args=(wires, address), kwargs=away)
        outage.start()
        sleep(0.5)
        move_until_done(seconds=60)
        outage.join()
        move_until_done("rollback", seconds=60)
    assert settled(load, bed) == []


def test_a_superseded_process_that_wakes_acknowledges_nothing_under_its_old_flags(bed: Bed) -> None:
    """Stopped, taken for dead by an operator who was wrong, and asked to write when the authority has moved (F9)."""
    with web_processes(bed, CHAT_DEBUG_HEADERS="true") as web:
        first = web.connect()
        first.request("GET", "/healthz")
        first.getresponse().read()
        asleep = web_holders()
        for one in asleep:
            os.kill(one.pid, signal.SIGSTOP)
        try:
            Holder.objects.filter(pk__in=[one.pk for one in asleep]).update(state=HolderState.DECLARED)
            move_until_done()
            first.request("POST", "/chat/comments/add", json.dumps({"name": "ann", "comment": "late"}))
            sleep(STALE_POLL_SECONDS + 0.5)
        finally:
            for one in asleep:
                os.kill(one.pid, signal.SIGCONT)
        response = first.getresponse()
        answer = json.loads(response.read())
        assert response.status in (200, 503)
        accepted = {"late": answer["time"]} if response.status == 200 else {}
        # Either refused, or admitted anew: by a registration of its own, under the flags of now.
        assert accepted == {} or response.headers["X-Chat-Store"] == "scylla-room"
        assert not {one.pk for one in asleep} & {one.pk for one in web_holders()}
    pay_everything(sweeping=False)
    assert violations(accepted, bed) == []
