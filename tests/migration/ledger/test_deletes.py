"""A comment deleted in CQL while it is paid into DynamoDB does not live on there (protocol D3), and nothing else is
ever taken out: absence alone proves nothing (D1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.base import Store
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.registry import open_store
from chat.stores.scylla.room import ScyllaRoomStore
from migration.enums import DebtState, Phase
from migration.ledger import deletes, removing
from migration.ledger.drain import Drained, drain, drain_everything
from migration.models import Debt, Rollout
from tests.migration.bed import Bed, comment
from tests.migration.debts import SOURCE, TARGET, unsettle
from tests.migration.debts import owe as owe_to
from tests.migration.vectors import stand

Event = Callable[[], None]
BESIDE = comment(0, name="bob", text="beside it")


def owe(*found: Comment) -> None:
    """CQL decides, DynamoDB follows."""
    owe_to(*found, holder=TARGET, owed=SOURCE)


@dataclass
class After:
    """Lets something happen once, right after the first call of a store's method."""

    monkeypatch: pytest.MonkeyPatch
    happened: list[str] = field(default_factory=list)

    def __call__(self, owner: type, name: str, event: Event) -> None:
        real = getattr(owner, name)

        def then(*args: Any, **options: Any) -> Any:
            result = real(*args, **options)
            if name not in self.happened:
                self.happened.append(name)
                event()
            return result

        self.monkeypatch.setattr(owner, name, then)


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> After:
    return After(monkeypatch)


@pytest.fixture(autouse=True)
def decides(bed: Bed) -> Rollout:
    """CQL, and it shows another comment of the room, as DynamoDB does."""
    rollout = Rollout.objects.get()
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    for store in (bed.source, bed.target):
        store.upsert(BESIDE)
    return rollout


def entry() -> tuple[str, str]:
    debt = Debt.objects.get()
    return debt.state, debt.closed_reason or debt.last_error


def in_dynamodb(bed: Bed) -> list[str]:
    """But for the other comment."""
    return sorted({item["comment"]["S"] for item in bed.items()} - {BESIDE.text})


def test_what_is_deleted_between_put_and_second_look_is_taken_out(bed: Bed, after: After) -> None:
    bed.target.upsert_many([comment(1), comment(2)])
    owe(comment(1), comment(2))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))
    assert drain(open_store) == Drained(paid=1, void=1)
    assert in_dynamodb(bed) == ["text 2"]
    assert bed.rows() == {comment(2), BESIDE}
    gone = Debt.objects.get(text="text 1")
    assert (gone.state, gone.closed_reason) == (
        "void",
        "deleted in scylla-room while it was being paid into dynamodb",
    )
    assert gone.closed_at is not None
    assert drain(open_store) == Drained()


def test_an_entry_that_is_looked_at_alone_is_taken_out_as_well(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    Debt.objects.update(state=DebtState.FAILED)
    after(DynamoStore, "upsert", lambda: bed.target.delete(comment(1)))
    assert drain_everything(open_store) == Drained(void=1)
    assert (in_dynamodb(bed), entry()[0]) == ([], "void")


def test_a_row_the_holder_never_showed_is_paid_from_the_entry(bed: Bed) -> None:
    """An applied entry is not closed by absence: the whole comment is in it (protocol D1)."""
    owe(comment(1))
    assert drain(open_store) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


def test_another_row_in_the_holder_takes_nothing_out(bed: Bed, after: After) -> None:
    bed.insert(replace(comment(1), text="theirs"))
    owe(comment(1))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))
    assert drain(open_store) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


@pytest.mark.parametrize("look", [1, 2])
def test_a_holder_that_does_not_answer_takes_nothing_out(bed: Bed, monkeypatch: pytest.MonkeyPatch, look: int) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    looks, real = iter(range(1, 9)), ScyllaRoomStore.get_many

    def away(store: ScyllaRoomStore, comments: list[Comment]) -> list[Comment | None]:
        if next(looks) == look:
            raise StoreUnavailable(TARGET, "no node")
        return real(store, comments)

    monkeypatch.setattr(ScyllaRoomStore, "get_many", away)
    assert drain(open_store) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


def test_a_holder_that_cannot_be_opened_takes_nothing_out(bed: Bed) -> None:
    owe(comment(1))

    def without_holder(store_id: StoreId, role: Role) -> Store:
        if store_id is TARGET:
            raise StoreUnavailable(TARGET, "no node")
        return open_store(store_id, role)

    assert drain(without_holder) == Drained(paid=1)
    Debt.objects.update(state=DebtState.FAILED)
    assert drain_everything(without_holder) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


def test_an_unsettled_write_is_never_taken_out(bed: Bed, after: After) -> None:
    """It was settled by this very drain, not seen before it."""
    unsettle(comment(1), holder=TARGET, owed=SOURCE)
    after(DynamoStore, "upsert", lambda: bed.target.delete(comment(1)))
    assert drain(open_store) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


def test_what_is_paid_into_cql_is_not_watched(bed: Bed, after: After) -> None:
    bed.source.upsert(comment(1))
    owe_to(comment(1))
    after(ScyllaRoomStore, "upsert_many", lambda: bed.source.delete(comment(1)))
    assert drain(open_store) == Drained(paid=1)
    assert bed.rows() == {comment(1), BESIDE}


def test_a_row_that_is_back_at_the_third_look_is_an_open_debt(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))
    real = removing.mark

    def back_again(*args: Any) -> bool:
        bed.ground.session.execute(f"TRUNCATE {bed.ground.keyspace}.chat_by_room", timeout=60)
        bed.insert(comment(1))
        return real(*args)

    after.monkeypatch.setattr(removing, "mark", back_again)
    assert drain(open_store) == Drained(postponed=1)
    assert (in_dynamodb(bed), entry()) == (["text 1"], ("open", ""))
    assert drain(open_store) == Drained(paid=1)


def test_a_row_that_is_back_after_the_removal_is_paid_again(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))

    def back() -> None:
        bed.ground.session.execute(f"TRUNCATE {bed.ground.keyspace}.chat_by_room", timeout=60)
        bed.insert(comment(1))

    after(DynamoStore, "delete", back)
    assert drain(open_store) == Drained(postponed=1)
    assert (in_dynamodb(bed), entry()[0]) == ([], "open")
    assert drain(open_store) == Drained(paid=1)
    assert in_dynamodb(bed) == ["text 1"]


def test_a_removal_that_fails_leaves_a_conflict_that_says_so(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))

    def away(*_: object) -> None:
        raise StoreUnavailable(SOURCE, "away")

    with after.monkeypatch.context() as patch:
        patch.setattr(DynamoStore, "delete", away)
        assert drain(open_store) == Drained(postponed=1)
    state, why = entry()
    assert state == "conflict"
    assert why.startswith("deleted in scylla-room while it was being paid into dynamodb, and not yet removed there")
    assert drain(open_store) == Drained(), "a person decides"
    assert in_dynamodb(bed) == ["text 1"]


def test_a_crash_before_the_removal_leaves_a_conflict(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    after(DynamoStore, "upsert_many", lambda: bed.target.delete(comment(1)))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    after.monkeypatch.setattr(removing.Removal, "_remove", killed)
    with pytest.raises(KeyboardInterrupt):
        drain(open_store)
    assert (in_dynamodb(bed), entry()[0]) == (["text 1"], "conflict")


def test_an_entry_that_another_drain_closed_meanwhile_takes_nothing_out(bed: Bed, after: After) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))

    def paid_elsewhere() -> None:
        Debt.objects.update(state=DebtState.PAID)
        bed.target.delete(comment(1))

    after(DynamoStore, "upsert_many", paid_elsewhere)
    assert drain(open_store) == Drained(postponed=1)
    assert (in_dynamodb(bed), entry()[0]) == (["text 1"], "paid")


def test_a_table_that_was_emptied_takes_nothing_out(bed: Bed, after: After, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an operator began anew with the copy while the reverse debts were paid: DynamoDB may have the only ones."""
    monkeypatch.setattr(deletes, "MOST_AT_ONCE", 2)
    said = [comment(number) for number in range(3)]
    bed.target.upsert_many(said)
    owe(*said)
    after(
        DynamoStore,
        "upsert_many",
        lambda: bed.ground.session.execute(f"TRUNCATE {bed.ground.keyspace}.chat_by_room", timeout=60),
    )
    assert drain(open_store) == Drained(postponed=3)
    assert in_dynamodb(bed) == ["text 0", "text 1", "text 2"]
    assert set(Debt.objects.values_list("state", flat=True)) == {"conflict"}
    assert Debt.objects.order_by("pk")[0].last_error.startswith("scylla-room lost 3 comments at once")
