"""Celery children and commands are holders: registered, pinned a page at a time, gone at their end (protocol F4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from django.db import OperationalError
from pytest_django import Settings

from chat.exceptions import NotServing
from migration.enums import HolderState, Phase
from migration.flags import acting as module
from migration.flags.acting import acting, leave, pinned, take_part, taking_part
from migration.models import Holder, Rollout
from migration.transitions.waiting import await_confirmation
from tests.migration import bed, forks
from tests.migration.vectors import POST, epoch_of, flip_to, hold

FORKS = """
from django.db import connections
from migration.flags import acting
from migration.models import Holder
acting.take_part("worker")
# As whoever forks does: a server cannot tell two processes on one connection apart.
connections.close_all()
child = os.fork()
if child == 0:
    assert acting._own_part() is None
    acting.take_part("worker")
    with acting.acting():
        print("child", Holder.objects.get(pid=os.getpid()).acked_epoch, flush=True)
    acting.leave()
    os._exit(0)
os.waitpid(child, 0)
with acting.acting():
    print("parent", Holder.objects.get(pid=os.getpid()).state, Holder.objects.get(pid=child).state, flush=True)
acting.leave()
print(Holder.objects.get(pid=os.getpid()).state, flush=True)
"""


@pytest.fixture(autouse=True)
def _part(rollout: Rollout, settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.VAR_DIR = tmp_path
    yield
    leave()


def confirmed(epoch: int, *, seconds: float = 5.0) -> bool:
    return not await_confirmation(epoch, seconds=seconds).missing


def test_a_worker_registers_without_a_slot_and_confirms_what_it_finds(rollout: Rollout) -> None:
    take_part("worker")
    take_part("worker")
    row = Holder.objects.get()
    assert (row.kind, row.slot, row.state, row.acked_epoch) == ("worker", None, HolderState.LIVE, 1)


def test_an_epoch_is_not_confirmed_over_the_head_of_a_page(rollout: Rollout) -> None:
    take_part("worker")
    with acting():
        epoch = flip_to(rollout, POST, Phase.DUAL)
        assert not confirmed(epoch, seconds=1.5)
    assert confirmed(epoch)


def test_but_a_hold_is(rollout: Rollout) -> None:
    """What a worker writes was decided before: only writers answer a hold (protocol F6)."""
    take_part("worker")
    with acting():
        assert confirmed(hold(rollout))


def test_a_page_is_pinned_while_it_is_worked_on_and_not_while_the_next_one_is_awaited(rollout: Rollout) -> None:
    take_part("worker")
    asked: list[bool] = []

    def pages() -> Iterator[int]:
        for number in (1, 2):
            asked.append(confirmed(flip_to(rollout, POST, Phase.DUAL)))
            yield number

    for _ in pinned(pages()):
        assert not confirmed(flip_to(rollout, POST, Phase.DUAL), seconds=0.2)
    assert asked == [True, True]


def test_a_walk_that_is_left_early_holds_nothing_up(rollout: Rollout) -> None:
    take_part("worker")
    with closing(pinned([1, 2])) as pages:
        assert next(pages) == 1
    assert confirmed(flip_to(rollout, POST, Phase.DUAL))


def test_a_pin_that_lasts_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIN_SECONDS", 0.01)
    take_part("worker")
    with structlog.testing.capture_logs() as logs, acting():
        time.sleep(0.05)
    assert [line["event"] for line in logs] == ["pinned_too_long"]


def test_in_a_process_that_takes_no_part_nothing_is_registered() -> None:
    with acting():
        assert list(pinned([1, 2])) == [1, 2]
    assert not Holder.objects.exists()


def test_with_the_control_database_away_at_its_start_it_registers_when_it_acts(rollout: Rollout) -> None:
    with bed.control_database(Path("/nonexistent/control.sqlite3")):
        take_part("worker")
        with pytest.raises(NotServing, match="cannot register"), acting():
            pass
    with acting():
        assert Holder.objects.get().kind == "worker"


def test_after_an_outage_of_the_control_database_it_confirms_again(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_part("worker")

    def away(*_: object) -> None:
        raise OperationalError("gone for a while")

    with monkeypatch.context() as outage:
        outage.setattr("migration.flags.policy.load", away)
        epoch = flip_to(rollout, POST, Phase.DUAL)
        with acting():
            assert not confirmed(epoch, seconds=1.5)
    assert confirmed(epoch)


def test_a_worker_declared_dead_registers_anew(rollout: Rollout) -> None:
    take_part("worker")
    first = Holder.objects.get()
    Holder.objects.update(state=HolderState.DECLARED)
    deadline = time.monotonic() + 10
    while not (live := Holder.objects.filter(state=HolderState.LIVE, acked_epoch=epoch_of(rollout))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert live.get().pk != first.pk


def test_threads_of_one_process_share_one_registration(rollout: Rollout) -> None:
    take_part("worker")
    inside, go_on = threading.Barrier(4), threading.Event()

    def work() -> None:
        with acting():
            inside.wait(10)
            go_on.wait(10)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    epoch = flip_to(rollout, POST, Phase.DUAL)
    assert not confirmed(epoch, seconds=0.2)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert confirmed(epoch)
    assert Holder.objects.count() == 1


def test_a_command_takes_part_as_long_as_it_works() -> None:
    with taking_part("command"):
        assert Holder.objects.get().kind == "command"
        with taking_part("command"), acting():
            assert Holder.objects.count() == 1
        assert Holder.objects.get().state == HolderState.LIVE
    assert Holder.objects.get().state == HolderState.LEFT


def test_a_command_that_cannot_register_does_not_act() -> None:
    def act() -> None:
        with taking_part("command"):
            raise AssertionError("it acted")

    with bed.control_database(Path("/nonexistent/control.sqlite3")), pytest.raises(NotServing, match="cannot register"):
        act()


def test_a_forked_child_takes_part_for_itself(control: Path) -> None:
    process = forks.start(FORKS, control)
    assert process.wait() == 0, process.said
    assert process.said.splitlines() == ["child 1", "parent live left", "left"]
