"""`manage.py ledger`: what is owed, what stands in the way, and an exit code that says whether anything is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.dynamodb.store import DynamoStore
from migration.enums import DebtState
from migration.ledger.debts import make_recorder
from migration.models import Debt
from tests.migration.bed import Bed, comment, run

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


def owe(*found: Comment, holder: StoreId = SOURCE, owed: StoreId = TARGET) -> None:
    for one in found:
        make_recorder().owed(one, holder=holder, owed=owed, cause="mirror timed out")


@pytest.mark.parametrize("verb", ["status", "drain"])
def test_an_empty_ledger(bed: Bed, verb: str) -> None:
    shown = run("ledger", verb)
    assert (shown.code, shown.out) == (0, "Nothing is owed to any store.\n")
    assert run("ledger", verb, "--json").json == {"unpaid": 0, "entries": [], "stuck": []}


def test_status_counts_by_store_and_state_with_the_oldest(bed: Bed) -> None:
    owe(comment(1), comment(2), comment(3))
    owe(comment(4), holder=TARGET, owed=SOURCE)
    Debt.objects.filter(time_us=comment(3).time_us).update(state=DebtState.FAILED)
    Debt.objects.filter(time_us=comment(2).time_us).update(state=DebtState.PAID)
    oldest = [debt.created_at for debt in Debt.objects.order_by("pk")]
    assert run("ledger", "status", "--json").json == {
        "unpaid": 3,
        "entries": [
            {"owed": "dynamodb", "state": "open", "entries": 1, "oldest": oldest[3].isoformat(timespec="seconds")},
            {"owed": "scylla-room", "state": "failed", "entries": 1, "oldest": oldest[2].isoformat(timespec="seconds")},
            {"owed": "scylla-room", "state": "open", "entries": 1, "oldest": oldest[0].isoformat(timespec="seconds")},
        ],
        "stuck": [],
    }
    text = run("ledger", "status")
    assert text.code == 0
    assert [line.split()[:3] for line in text.out.splitlines()] == [
        ["OWED", "TO", "STATE"],
        ["dynamodb", "open", "1"],
        ["scylla-room", "failed", "1"],
        ["scylla-room", "open", "1"],
    ]


def test_a_drain_that_pays_everything_exits_0(bed: Bed) -> None:
    owe(comment(1), comment(2))
    Debt.objects.filter(pk=1).update(state=DebtState.FAILED)
    drained = run("ledger", "drain")
    assert (drained.code, drained.out) == (0, "Nothing is owed to any store.\n")
    assert bed.rows() == {comment(1), comment(2)}


def test_a_conflict_is_shown_with_its_reason_and_exits_1(bed: Bed) -> None:
    bed.source.upsert(replace(comment(1), text="theirs"))
    owe(comment(1), holder=TARGET, owed=SOURCE)
    drained = run("ledger", "drain")
    assert drained.code == 1
    assert drained.error == "not everything could be paid: 1 comments are still owed, see `manage.py ledger status`"
    assert "conflict" in drained.out
    assert f"'ann' at {comment(1).time} in 'chat': dynamodb: another comment sits under" in drained.out
    (stuck,) = run("ledger", "status", "--json").json["stuck"]
    assert (stuck["state"], stuck["owed"], stuck["name"], stuck["attempts"]) == ("conflict", "dynamodb", "ann", 0)


def test_a_store_that_is_away_exits_3(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(store: DynamoStore, found: Comment) -> Any:
        raise StoreUnavailable("dynamodb", "connection refused")

    monkeypatch.setattr(DynamoStore, "upsert", away)
    owe(comment(1), holder=TARGET, owed=SOURCE)
    drained = run("ledger", "drain")
    assert drained.code == 3
    assert drained.error.startswith("dynamodb cannot be reached: 1 comments are still owed")


def test_as_an_operator_runs_it(bed: Bed) -> None:
    owe(comment(1))
    assert bed.manage("ledger", "drain").code == 0
    assert bed.rows() == {comment(1)}
