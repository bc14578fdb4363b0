"""An operator finds an entry by what is at hand: its id, name and time, or a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration.enums import DebtState
from migration.ledger.search import find
from migration.models import Debt
from tests.migration.bed import comment
from tests.migration.debts import owe


def found(key: str) -> list[int]:
    return [debt.pk for debt in find(key)]


@pytest.fixture(autouse=True)
def entries(control: Path) -> None:
    """1 and 2: one comment, paid and owed again. 3: another of the same name."""
    owe(comment(1))
    Debt.objects.update(state=DebtState.PAID)
    owe(comment(1))
    owe(comment(2))


@pytest.mark.parametrize("key", ["1", "2"])
def test_an_id_stands_for_its_comment_with_all_its_history(key: str) -> None:
    assert found(key) == [2, 1]


@pytest.mark.parametrize("time", [comment(1).time, "1700000001", "1700000001.000"])
def test_name_and_time_in_any_spelling(time: str) -> None:
    assert found(f"ann@{time}") == [2, 1]


def test_a_name_gives_all_of_its_entries_newest_first() -> None:
    assert found("ann") == [3, 2, 1]


def test_a_name_may_look_like_anything_else() -> None:
    for name in ("4711", "ann@home", "ann@1.5", "", "9" * 40, "\u0664"):
        owe(comment(7, name=name))
        assert [debt.name for debt in find(name)] == [name]


@pytest.mark.parametrize("key", ["99", "bob", "ann@1700000009.0", "bob@1700000001.0", "@", "9" * 30])
def test_what_is_not_there_gives_nothing(key: str) -> None:
    assert found(key) == []
