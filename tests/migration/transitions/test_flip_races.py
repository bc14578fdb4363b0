"""What other sessions do at the moment of a flip, on the database's own terms.

On SQLite they wait for the flip's commit. On PostgreSQL only those wait that lock the rollout's row, and what the
others do is as if it came after the flip.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from migration.audit.record import record
from migration.audit.verification import verify
from migration.backfill import runs
from migration.enums import DebtState, Phase, ReadFlag, Step, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.guards.answer import Answer
from migration.holders.register import register
from migration.ledger.entries import keep
from migration.ledger.lines import Entry
from migration.models import AuditEvent, Debt, Holder, Rollout, Run, Transition
from migration.transitions.flip import Change, flip
from migration.transitions.waiting import await_confirmation
from tests.migration.bed import comment
from tests.migration.vectors import POST, epoch_of, intent, phase_of, stand

DUAL = Change(phase=Phase.DUAL, read=ReadFlag.NONE, write=WriteFlag.SOURCE_MIRROR, ramp=0)
LEGACY = Change(phase=Phase.LEGACY, read=ReadFlag.NONE, write=WriteFlag.SOURCE, ramp=0)
TIME_FOR_OTHERS = 0.5
"""Seconds the flip lets another session have, which on SQLite waits all the same."""


class Session(threading.Thread):
    """Does one thing in a thread, so with a connection of its own, and keeps what came of it."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self.action = action
        self.result: object = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self.action()
        except Exception as error:  # noqa: BLE001 - the test asks for it
            self.error = error
        finally:
            connections["default"].close()


@pytest.fixture
def sessions() -> Iterator[list[Session]]:
    started: list[Session] = []
    yield started
    for session in started:
        session.join(30)


def flip_while(sessions: list[Session], moving: Transition, change: Change, *actions: Callable[[], object]) -> None:
    """Other sessions act between the look at the conditions and the commit. They have ended when this returns."""

    def look() -> list[Answer]:
        for action in actions:
            session = Session(action)
            sessions.append(session)
            session.start()
        for session in sessions:
            session.join(TIME_FOR_OTHERS)
        return []

    flip(moving, change, epoch_before=1, step_before=Step.INTENT, step_after=Step.FLIPPED, conditions=look)
    for session in sessions:
        session.join(30)


def test_of_two_flips_at_once_one_is_told_that_it_came_late(rollout: Rollout, sessions: list[Session]) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)

    def another() -> None:
        flip(moving, LEGACY, epoch_before=1, step_before=Step.INTENT, step_after=Step.FLIPPED)

    flip_while(sessions, Transition.objects.get(pk=moving.pk), DUAL, another)
    assert isinstance(sessions[0].error, LostRace)
    assert "epoch 1 is over" in str(sessions[0].error)
    assert (epoch_of(rollout), phase_of(POST)) == (2, Phase.DUAL)
    assert AuditEvent.objects.filter(action="route.advance").count() == 1


def test_a_backfill_that_begins_during_a_flip_is_judged_by_the_new_flags(
    rollout: Rollout, sessions: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun under flags that mirror, it would copy while nobody mirrors any more (protocol F2)."""
    monkeypatch.setattr(runs, "expected_items", lambda: 0)  # no engine is asked here
    stand(rollout, write=Phase.DUAL, reads=Phase.LEGACY, complete=False)
    moving = intent(POST, Phase.DUAL, Phase.LEGACY, verb="rollback")
    flip_while(sessions, moving, LEGACY, lambda: runs.start(segments=1, actor="ada"))
    assert isinstance(sessions[0].error, Refused)
    assert "writes are not mirrored" in str(sessions[0].error)
    assert not Run.objects.exists()


def test_a_debt_recorded_during_a_flip_is_kept_and_does_not_stop_it(rollout: Rollout, sessions: list[Session]) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    entry = Entry(comment(1), "dynamodb", "scylla-room", DebtState.OPEN, "a test")
    flip_while(sessions, moving, DUAL, lambda: keep([entry]))
    assert sessions[0].error is None
    assert epoch_of(rollout) == 2
    assert Debt.objects.get().state == DebtState.OPEN


def test_a_process_that_registers_during_a_flip_is_waited_for(rollout: Rollout, sessions: list[Session]) -> None:
    """It may have read the older flags: it is listed after the commit, whichever came first (protocol F3)."""
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    flip_while(sessions, moving, DUAL, lambda: register("web"))
    assert sessions[0].error is None
    confirmation = await_confirmation(2, seconds=0.0)
    assert confirmation.missing == (str(Holder.objects.get()),)


def test_events_recorded_side_by_side_make_one_chain(rollout: Rollout, sessions: list[Session]) -> None:
    def record_ten() -> None:
        for number in range(10):
            record(actor="ada", action="test", subject=f"{number}")

    sessions += [Session(record_ten) for _ in range(4)]
    for session in sessions:
        session.start()
    for session in sessions:
        session.join(60)
    assert [session.error for session in sessions] == [None] * 4
    verdict = verify()
    assert (verdict.events, verdict.broken) == (40, None)
