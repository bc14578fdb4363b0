"""A command killed at any point of moving the write authority is finished, or undone, by another process (F6)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.conf import env
from chat.data import StoreId
from migration.enums import Phase, Step, WriteFlag
from migration.flags.policy import RoutedPolicy
from migration.models import AuditEvent, Rollout, Transition
from migration.tasks import recover_transitions
from migration.transitions import recovery
from migration.transitions.moving import carry_out
from tests.migration import forks
from tests.migration.vectors import POST, is_complete, stand, wish, write_flag

# The process runs the real code. Only the function named first is replaced by one that kills the process, as
# `kill -9` at that very line would.
COMMAND = """
import importlib, signal
module, name = sys.argv[1].rsplit(".", 1)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(importlib.import_module(module), name, die)
from chat.data import Endpoint
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish
carry_out(Wish(Endpoint.POST_COMMENT, "advance", "ada", "a test"), wait=10)
"""
BEFORE_THE_HOLD = "migration.transitions.moving._flip"
IN_THE_FIRST_FLIP = "migration.transitions.flip._audit"
IN_THE_HOLD = "migration.transitions.hold._let_older_work_end"
BEFORE_THE_RELEASE = "migration.transitions.hold._release"
BEFORE_THE_CONFIRMATION = "migration.transitions.moving.confirm"
AT_THE_CLOSE = "migration.transitions.confirming.close"

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.fixture
def policy(rollout: Rollout, settings: Settings) -> Iterator[RoutedPolicy]:
    """A web process that lives on, whose writers are patient."""
    settings.ENV = env().model_copy(update={"hold_wait_seconds": 30.0})
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    policy = RoutedPolicy(kind="web")
    policy.start()
    yield policy
    policy.close()


@pytest.fixture(autouse=True)
def _short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.5)


def crash(control: Path, where: str) -> Transition:
    command = forks.start(COMMAND, control, where)
    assert command.wait() == -signal.SIGKILL, command.said
    return Transition.objects.get()


def authority_of(policy: RoutedPolicy) -> StoreId:
    with policy.admit_write() as route:
        return route.authority


@pytest.mark.parametrize(
    ("where", "step", "flag", "epoch"),
    [
        (BEFORE_THE_HOLD, Step.INTENT, WriteFlag.SOURCE_MIRROR, 1),
        (IN_THE_FIRST_FLIP, Step.INTENT, WriteFlag.SOURCE_MIRROR, 1),
        (IN_THE_HOLD, Step.HELD, WriteFlag.HELD, 2),
        (BEFORE_THE_RELEASE, Step.HELD, WriteFlag.HELD, 2),
        (BEFORE_THE_CONFIRMATION, Step.FLIPPED, WriteFlag.TARGET_MIRROR, 3),
        (AT_THE_CLOSE, Step.FLIPPED, WriteFlag.TARGET_MIRROR, 3),
    ],
)
def test_killed_anywhere_it_is_ended_by_another_process(
    control: Path, policy: RoutedPolicy, where: str, step: Step, flag: WriteFlag, epoch: int
) -> None:
    left = crash(control, where)
    # What the dead process left is exactly as far as it had come: no half of a flip.
    assert (left.step, write_flag(), Rollout.objects.get().epoch) == (step, flag, epoch)
    assert AuditEvent.objects.count() == epoch - 1
    with ThreadPoolExecutor(1) as writers:
        waiting = writers.submit(authority_of, policy)
        recover_transitions()
        authority = waiting.result(20)
    forward = step is Step.FLIPPED
    assert authority is (TARGET if forward else SOURCE)
    left.refresh_from_db()
    assert left.step == (Step.DONE if forward else Step.ABORTED)
    assert write_flag() is (WriteFlag.TARGET_MIRROR if forward else WriteFlag.SOURCE_MIRROR)
    assert Rollout.objects.get().moving is False
    assert is_complete("dynamodb")
    assert is_complete("scylla-room")


@pytest.mark.parametrize("where", [IN_THE_FIRST_FLIP, IN_THE_HOLD, AT_THE_CLOSE])
def test_the_same_command_given_again_makes_the_move_once(control: Path, policy: RoutedPolicy, where: str) -> None:
    crash(control, where)
    done = carry_out(wish(POST), wait=10)
    assert (done.step, done.to_phase, write_flag()) == (Step.DONE, "cutover", WriteFlag.TARGET_MIRROR)
    flags = [event.after["write"] for event in AuditEvent.objects.order_by("pk")]
    assert (
        flags
        == {
            IN_THE_FIRST_FLIP: ["held", "target+mirror"],
            IN_THE_HOLD: ["held", "source+mirror", "held", "target+mirror"],
            AT_THE_CLOSE: ["held", "target+mirror"],
        }[where]
    )
    assert authority_of(policy) is TARGET


def test_recovery_that_is_killed_itself_is_recovered(control: Path, policy: RoutedPolicy) -> None:
    """The abort is one transaction: killed inside it, the hold stands, and the next process ends it."""
    crash(control, IN_THE_HOLD)
    recovers = COMMAND.split("from chat.data")[0] + (
        "from migration.transitions.recovery import recover, unfinished\nrecover(unfinished(), seconds=1)\n"
    )
    for where in ("migration.transitions.flip._audit", "migration.transitions.flip.finish"):
        process = forks.start(recovers, control, where)
        assert process.wait() == -signal.SIGKILL, process.said
        left = Transition.objects.get()
        assert (left.step, left.finished_at, write_flag()) == (Step.HELD, None, WriteFlag.HELD)
    recover_transitions()
    assert (Transition.objects.get().step, write_flag()) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR)
    assert authority_of(policy) is SOURCE
