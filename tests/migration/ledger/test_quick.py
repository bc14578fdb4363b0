"""A request never waits longer than the limit for the control database (protocol W6)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.db import OperationalError

from migration.enums import DebtState
from migration.ledger import quick as module
from migration.ledger.lines import Entry
from migration.ledger.quick import AWAY_SECONDS, LIMIT_SECONDS, THREADS, QuickLedger
from migration.models import Debt
from tests.faults.accounts import database_away
from tests.migration.bed import comment

ENTRY = Entry(comment(1), "dynamodb", "scylla-room", DebtState.OPEN, "a test")


@pytest.fixture
def ledger(control: Path) -> Iterator[QuickLedger]:
    ledger = QuickLedger()
    yield ledger
    ledger.close()


def timed(ledger: QuickLedger) -> tuple[bool, float]:
    began = monotonic()
    return ledger.keep(ENTRY), monotonic() - began


def test_it_is_committed_when_the_answer_is_yes(ledger: QuickLedger) -> None:
    assert ledger.keep(ENTRY)
    assert Debt.objects.get().comment == comment(1)


def test_a_database_that_hangs_costs_the_limit_once_and_then_nothing(ledger: QuickLedger, control: Path) -> None:
    with database_away(control):
        kept, seconds = timed(ledger)
        assert not kept
        assert LIMIT_SECONDS <= seconds < LIMIT_SECONDS + 0.15
        for _ in range(5):
            kept, seconds = timed(ledger)
            assert not kept
            assert seconds < 0.05
    sleep(AWAY_SECONDS)
    assert ledger.keep(ENTRY)
    assert Debt.objects.count() == 1


def test_an_error_of_the_database_is_a_no(ledger: QuickLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(entries: Sequence[Entry]) -> None:
        raise OperationalError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(module, "keep", away)
        assert not ledger.keep(ENTRY)
    sleep(AWAY_SECONDS)
    assert ledger.keep(ENTRY)


def test_what_could_not_begin_in_time_is_not_kept_later(ledger: QuickLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It went to the spool; hours of such entries would else all be written when the database is back."""
    go_on, begun = threading.Event(), []

    def hang(entries: Sequence[Entry]) -> None:
        begun.append(entries)
        go_on.wait(20)

    monkeypatch.setattr(module, "keep", hang)
    with ThreadPoolExecutor(THREADS + 3) as requests:
        assert list(requests.map(ledger.keep, [ENTRY] * (THREADS + 3))) == [False] * (THREADS + 3)
    go_on.set()
    ledger._pool.shutdown(wait=True)
    assert len(begun) == THREADS


@pytest.mark.parametrize("why", ["can't start new thread", "cannot schedule new futures after interpreter shutdown"])
def test_where_no_thread_can_be_started_it_says_no(
    ledger: QuickLedger, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """The limit of the operating system, or the end of the interpreter: neither can be had in a test."""
    tried = []

    def refuse(*_: object) -> None:
        tried.append(1)
        raise RuntimeError(why)

    with monkeypatch.context() as patch:
        patch.setattr(ledger._pool, "submit", refuse)
        assert [ledger.keep(ENTRY), ledger.keep(ENTRY)] == [False, False]
    assert tried == [1], "the next one does not try for a second"
    sleep(AWAY_SECONDS)
    assert ledger.keep(ENTRY)


def test_after_its_end_it_says_no_at_once(ledger: QuickLedger) -> None:
    ledger.close()
    assert not ledger.keep(ENTRY)
