"""The write that decides: conditional, settled by the same write again, moved only for a different row (W1 to W3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.data import Comment
from chat.exceptions import KeyContested, OutcomeUnknown, StoreRefused, StoreUnavailable
from chat.routing import authority as module
from chat.routing.authority import Unsettled, decide, settle
from tests.chat.routing.doubles import Faulty, held_by

UNKNOWN = OutcomeUnknown("memory", "no answer")
AWAY = StoreUnavailable("memory", "nobody there")
REFUSED = StoreRefused("memory", "no such table")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESEND_PAUSES", (0.0, 0.0, 0.0))


def said(us: int, text: str = "ours") -> Comment:
    return Comment(room="chat", name="ann", time_us=us, text=text)


def drafts() -> Callable[[], Comment]:
    instants = iter(range(1, 100))
    return lambda: said(next(instants))


def test_a_free_key_is_taken_by_one_put() -> None:
    store = Faulty()
    assert decide(store, drafts()) == said(1)
    assert store.puts == [said(1)]


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_lost_answer_is_settled_by_the_same_put_again(losses: int) -> None:
    store = Faulty(lost=[UNKNOWN] * losses)
    assert decide(store, drafts()) == said(1)
    assert store.puts == [said(1)] * (1 + losses)
    assert held_by(store) == [said(1)]


def test_a_put_that_was_not_done_is_done_by_the_second() -> None:
    store = Faulty(refused=[UNKNOWN])
    assert decide(store, drafts()) == said(1)
    assert held_by(store) == [said(1)]


@pytest.mark.parametrize("then", [UNKNOWN, AWAY, REFUSED])
def test_an_outcome_that_stays_unknown_is_unsettled_whatever_the_later_errors(then: Exception) -> None:
    """The first put may have been done; that the second was refused says nothing about it."""
    store = Faulty(lost=[UNKNOWN], refused=[None, then, then, then])
    with pytest.raises(Unsettled) as caught:
        decide(store, drafts())
    assert caught.value.comment == said(1)
    assert store.puts == [said(1)] * 4
    assert held_by(store) == [said(1)]


@pytest.mark.parametrize("fault", [AWAY, REFUSED])
def test_a_first_put_that_did_nothing_is_not_sent_again(fault: Exception) -> None:
    store = Faulty(refused=[fault])
    with pytest.raises(type(fault)):
        decide(store, drafts())
    assert store.puts == [said(1)]
    assert held_by(store) == []


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_a_key_with_another_comment_moves_to_the_next_instant(taken: int) -> None:
    store = Faulty()
    for us in range(1, 1 + taken):
        store.upsert(said(us, "theirs"))
    assert decide(store, drafts()) == said(1 + taken)
    assert len(store.puts) == 1 + taken


def test_after_three_more_instants_it_gives_up_and_has_written_nothing() -> None:
    store = Faulty()
    theirs = [said(us, "theirs") for us in (4, 3, 2, 1)]
    store.upsert_many(theirs)
    with pytest.raises(KeyContested, match="4 instants in a row"):
        decide(store, drafts())
    assert store.puts == [said(1), said(2), said(3), said(4)]
    assert held_by(store) == theirs


def test_a_comment_is_its_own_only_if_all_of_it_is_equal() -> None:
    store = Faulty()
    store.upsert(Comment(room="chat", name="ann", time_us=1, text="ours", time_raw="0.0000010"))
    assert decide(store, drafts()) == said(2)


def test_an_unknown_outcome_on_a_contested_key_moves_on() -> None:
    store = Faulty()
    store.upsert(said(1, "theirs"))
    store.lost = [UNKNOWN]
    assert decide(store, drafts()) == said(2)
    assert store.puts == [said(1), said(1), said(2)]


def test_settling_reports_what_the_store_holds() -> None:
    store = Faulty()
    store.upsert(said(1, "theirs"))
    result = settle(store, said(1))
    assert (result.applied, result.existing) == (False, said(1, "theirs"))
