"""The one writer: repetition and order change nothing, and nothing counts as written that was not confirmed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from chat.clock import wall_us
from chat.data import Comment
from chat.exceptions import MirrorConflict, OutcomeUnknown, StoreError, StoreRefused, StoreUnavailable
from chat.stores.memory import MemoryStore
from migration.apply import writer
from migration.apply.writer import write_many, write_verified
from tests.migration.bed import Bed, comment

UNKNOWN = OutcomeUnknown("memory", "answer lost")
AWAY = StoreUnavailable("memory", "throttled")


class Faulty(MemoryStore):
    """Raises the given errors in turn, before or after it has written: faults no engine gives on demand."""

    def __init__(self, *errors: Exception, keep_then_fail: bool = False) -> None:
        super().__init__()
        self.errors = list(errors)
        self.asked = 0
        self._keep = keep_then_fail

    def upsert_many(self, comments: list[Comment]) -> None:
        self.asked += 1
        if not self.errors or self._keep:
            super().upsert_many(comments)
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the writer would have slept."""
    slept: list[float] = []
    # The module's own name for it: other threads sleep as well.
    monkeypatch.setattr("migration.apply.writer.time", SimpleNamespace(sleep=slept.append))
    return slept


@pytest.mark.parametrize("keep", [True, False])
def test_a_batch_with_an_unknown_outcome_is_written_again(keep: bool, pauses: list[float]) -> None:
    store = Faulty(UNKNOWN, AWAY, UNKNOWN, keep_then_fail=keep)
    write_many(store, [comment(1), comment(2)])
    assert set(store.stream_room("chat")) == {comment(1), comment(2)}
    assert (store.asked, pauses) == (4, list(writer.RETRY_PAUSES))


def test_a_store_that_stays_away_is_given_up_with_its_error(pauses: list[float]) -> None:
    store = Faulty(*[AWAY] * 9)
    with pytest.raises(StoreUnavailable, match="throttled"):
        write_many(store, [comment(1)])
    assert store.asked == 1 + len(writer.RETRY_PAUSES)


def test_a_refused_batch_is_not_tried_again() -> None:
    store = Faulty(StoreRefused("memory", "no such table"))
    with pytest.raises(StoreRefused):
        write_many(store, [comment(1)])
    assert store.asked == 1


def test_life_is_shown_before_each_repetition() -> None:
    shown: list[int] = []
    store = Faulty(UNKNOWN, AWAY)
    write_many(store, [comment(1)], alive=lambda: shown.append(store.asked))
    assert shown == [1, 2]


@pytest.mark.parametrize("side", ["source", "target"])
def test_what_was_written_and_read_back_equal_is_verified(bed: Bed, side: str) -> None:
    store = getattr(bed, side)
    write_verified(store, comment(1))
    write_verified(store, comment(1))
    assert store.get("chat", "ann", comment(1).time) == comment(1)


def test_a_row_hidden_beyond_the_change_clock_is_not_verified(bed: Bed) -> None:
    bed.ground.bury(comment(1), stamp_us=wall_us() + 3_600_000_000)
    with pytest.raises(StoreError, match="a strong read-back does not show it"):
        write_verified(bed.target, comment(1))


@pytest.mark.parametrize("there", ["deleted", "larger text", "later text"])
def test_what_hides_the_row_gives_way_to_what_the_source_has(bed: Bed, there: str) -> None:
    """Protocol D2: the second attempt has a stamp above whatever is there (T4)."""
    bed.source.upsert(comment(1))
    if there == "deleted":
        bed.target.delete(comment(1))
    elif there == "larger text":
        bed.target.upsert(replace(comment(1), text="zzz"))
    else:
        bed.insert(replace(comment(1), text="edited"))
    write_verified(bed.target, comment(1), source=bed.source)
    assert bed.target.get("chat", "ann", comment(1).time) == comment(1)


def test_without_its_source_the_comment_itself_is_written(bed: Bed) -> None:
    """Absence, or a source that is away, never closes an entry (protocol D1)."""
    bed.target.delete(comment(1))
    write_verified(bed.target, comment(1), source=bed.source)
    bed.target.delete(comment(2))
    write_verified(bed.target, comment(2))
    assert bed.rows() == {comment(1), comment(2)}


def test_another_item_under_the_key_in_dynamodb_is_a_conflict_and_stays(bed: Bed) -> None:
    theirs = replace(comment(1), text="theirs")
    bed.source.upsert(theirs)
    with pytest.raises(MirrorConflict):
        write_verified(bed.source, comment(1))
    assert bed.source.get("chat", "ann", comment(1).time) == theirs


def test_copies_in_any_order_and_repetition_leave_the_same_rows(bed: Bed) -> None:
    comments = [comment(number, room=f"room {number % 3}") for number in range(50)]
    write_many(bed.target, comments)
    write_many(bed.target, comments[::-1][:20])
    bed.target.upsert(comments[7])
    assert bed.rows() == set(comments)
