"""What was lost is removed only where nothing else explains it, and by a drain still in charge (protocol D3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.clock import wall_us
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.registry import open_store
from migration.enums import DebtState, Phase
from migration.ledger import removing, witnesses
from migration.ledger.drain import Drained, drain, drain_everything
from migration.ledger.housekeeping import forget_paid
from migration.models import Debt, Rollout
from tests.migration.bed import Bed, comment
from tests.migration.debts import SOURCE, TARGET, owe
from tests.migration.vectors import hold, stand

ONE, BESIDE = comment(1), comment(0, name="bob", text="beside it")
Event = Callable[[], object]


@pytest.fixture
def rollout(bed: Bed) -> Rollout:
    """CQL decides and is deleted from right after the put of `ONE` into DynamoDB; both have another comment."""
    rollout = Rollout.objects.get()
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    for store in (bed.source, bed.target):
        store.upsert(BESIDE)
    bed.target.upsert(ONE)
    owe(ONE, holder=TARGET, owed=SOURCE)
    return rollout


@pytest.fixture
def after_put(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Callable[[Event], None]:
    real = DynamoStore.upsert_many

    def arrange(event: Event) -> None:
        def then(store: DynamoStore, comments: list[Any]) -> None:
            real(store, comments)
            event()

        monkeypatch.setattr(DynamoStore, "upsert_many", then)

    return arrange


def before_removal(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    """After all looks at the stores, before the fence."""
    real = witnesses.doubt

    def then(*words: Any, **options: Any) -> str:
        found = real(*words, **options)
        event()
        return found

    monkeypatch.setattr(removing, "doubt", then)


def texts(bed: Bed) -> set[str]:
    return {item["comment"]["S"] for item in bed.items()}


def empty(bed: Bed) -> None:
    bed.ground.session.execute(f"TRUNCATE {bed.ground.keyspace}.chat_by_room", timeout=60)


def test_a_few_lost_by_a_table_that_was_emptied_are_left_to_a_person(
    bed: Bed, rollout: Rollout, after_put: Any
) -> None:
    after_put(lambda: empty(bed))
    assert drain(open_store) == Drained(postponed=1)
    assert texts(bed) == {"text 1", "beside it"}
    debt = Debt.objects.get()
    assert (debt.state, debt.last_error) == (
        "conflict",
        "deleted in scylla-room while it was being paid into dynamodb, and not removed there, as scylla-room lacks 1 "
        "more comments of its room: decide; `ledger drain` keeps it, `ledger waive` leaves it",
    )


def test_what_is_written_after_the_table_was_emptied_bears_no_witness(
    bed: Bed, rollout: Rollout, after_put: Any
) -> None:
    """The other old comment is not in DynamoDB either: only the look at the instant tells."""
    bed.source.delete(BESIDE)

    def begin_anew() -> None:
        empty(bed)
        new = comment(0, name="eve", text="new")
        new = type(new)(new.room, new.name, wall_us() + 1_000_000, new.text)
        for store in (bed.source, bed.target):
            store.upsert(new)

    after_put(begin_anew)
    assert drain(open_store) == Drained(postponed=1)
    assert texts(bed) == {"text 1", "new"}
    assert "no other comment of its room shows that scylla-room still has the room" in Debt.objects.get().last_error


def test_an_older_copy_of_the_table_removes_nothing(bed: Bed, rollout: Rollout, after_put: Any) -> None:
    """It has the older comments, and lacks the newer ones."""
    newer = comment(2)
    for store in (bed.source, bed.target):
        store.upsert(newer)

    def restore() -> None:
        bed.target.delete(ONE)
        bed.target.delete(newer)

    after_put(restore)
    assert drain(open_store) == Drained(postponed=1)
    assert texts(bed) == {"text 1", "beside it", "text 2"}


@pytest.mark.parametrize(("phase", "why"), [(Phase.DUAL, "does not decide writes any more"), (None, "writes are held")])
def test_nothing_is_removed_from_the_store_that_decides_by_now(
    bed: Bed, rollout: Rollout, after_put: Any, monkeypatch: pytest.MonkeyPatch, phase: Phase | None, why: str
) -> None:
    after_put(lambda: bed.target.delete(ONE))
    move: Event = (lambda: stand(rollout, write=phase, reads=Phase.CUTOVER)) if phase else (lambda: hold(rollout))
    before_removal(monkeypatch, move)
    assert drain(open_store) == Drained(postponed=1)
    assert texts(bed) == {"text 1", "beside it"}
    assert why in Debt.objects.get().last_error


def test_a_drain_that_slept_while_a_person_kept_the_comment_removes_nothing(
    bed: Bed, rollout: Rollout, after_put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_put(lambda: bed.target.delete(ONE))

    def keep_it() -> None:
        assert drain_everything(open_store) == Drained(paid=1)

    before_removal(monkeypatch, keep_it)
    assert drain(open_store) == Drained(postponed=1)
    assert (texts(bed), Debt.objects.get().state) == ({"text 1", "beside it"}, "paid")


def test_a_drain_that_slept_long_removes_nothing(
    bed: Bed, rollout: Rollout, after_put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_put(lambda: bed.target.delete(ONE))
    monkeypatch.setattr(removing, "LOOK_SECONDS", 0.0)
    assert drain(open_store) == Drained(postponed=1)
    assert texts(bed) == {"text 1", "beside it"}
    assert "scylla-room was seen to have it 0 s ago" in Debt.objects.get().last_error


def test_what_a_person_keeps_at_the_moment_of_its_removal_is_owed_again(
    bed: Bed, rollout: Rollout, after_put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the fence, before the packet: no fence reaches DynamoDB, so the removal is undone."""
    after_put(lambda: bed.target.delete(ONE))
    real = DynamoStore.delete

    def kept_first(store: DynamoStore, gone: Any) -> None:
        assert drain_everything(open_store) == Drained(paid=1)
        real(store, gone)

    with monkeypatch.context() as patch:
        patch.setattr(DynamoStore, "delete", kept_first)
        assert drain(open_store) == Drained(postponed=1)
    assert list(Debt.objects.order_by("pk").values_list("state", flat=True)) == ["paid", "open"]
    monkeypatch.undo()
    assert drain(open_store) == Drained(paid=1)
    assert texts(bed) == {"text 1", "beside it"}


def test_the_entry_of_what_was_removed_is_kept_for_good(bed: Bed, rollout: Rollout, after_put: Any) -> None:
    after_put(lambda: bed.target.delete(ONE))
    assert drain(open_store) == Drained(void=1)
    Debt.objects.update(closed_at=timezone.now() - timedelta(days=3650))
    assert forget_paid() == 0
    assert Debt.objects.get().comment == ONE


def test_a_drain_with_a_mark_of_its_own_is_not_overtaken_by_an_older_one(
    bed: Bed, rollout: Rollout, after_put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would write the same words; the moment tells them apart."""
    after_put(lambda: bed.target.delete(ONE))

    def another_marks() -> None:
        other = Debt.objects.get()
        assert removing.mark(other, other.last_error)

    before_removal(monkeypatch, another_marks)
    assert drain(open_store) == Drained(postponed=1)
    assert (texts(bed), Debt.objects.get().state) == ({"text 1", "beside it"}, DebtState.CONFLICT)
