"""Ties: one instant of a room in several spellings."""

from __future__ import annotations

import pytest

from chat.clock import wall_us
from chat.codec.items import from_item
from migration.backfill.scanning import worker_calls
from migration.census import ties
from migration.census.ties import Tie, find_tie, keep_ties
from migration.models import CensusTie
from tests.migration.bed import Bed
from tests.migration.census.surveying import begin, item, surveyed

SECOND = 1_700_000_000_000_000


def tie_at(time: str, *, name: str = "ann") -> Tie | None:
    return find_tie(worker_calls(), from_item(item(name, time), now_us=wall_us()))


def test_two_spellings_of_two_people_are_a_tie(bed: Bed) -> None:
    bed.put_items([item("ann", "1700000000.50"), item("ben", "1700000000.5"), item("cyd", "1700000000.5")])
    assert tie_at("1700000000.50") == Tie("chat", SECOND + 500_000, 3)


def test_of_a_tie_those_count_that_their_own_spelling_does_not_tell(bed: Bed) -> None:
    bed.put_items([item("ann", "1700000000"), item("ben", "1700000000.0"), item("cyd", "1700000000.000")])
    assert tie_at("1700000000") == Tie("chat", SECOND, 2)


@pytest.mark.parametrize(
    "other",
    [
        item("ben", "1700000000.50"),
        item("ben", "1700000000.5", room="elsewhere"),
        item("ben", "1700000000.51"),
        item("ben", "1700000000.5-"),
        item("ben", "1700000000.5", extra={"N": "1"}),
        # The longer spelling of the same name is a key collision, and is not mapped.
        item("ann", "1700000000.500"),
    ],
)
def test_no_tie(bed: Bed, other: dict[str, object]) -> None:
    bed.put_items([item("ann", "1700000000.50"), other])
    assert tie_at("1700000000.50") is None


def test_an_instant_is_kept_once_whoever_led_to_it(bed: Bed) -> None:
    run = begin()
    keep_ties(run.pk, [Tie("chat", SECOND, 2), Tie("b", SECOND, 1)])
    keep_ties(run.pk, [Tie("chat", SECOND, 2)])
    assert sorted(CensusTie.objects.values_list("room", "time_us", "items")) == [("b", SECOND, 1), ("chat", SECOND, 2)]


@pytest.mark.usefixtures("small_pages")
def test_a_census_counts_each_tied_item_once(bed: Bed) -> None:
    """Two odd spellings of one instant lead to it twice, from different segments."""
    bed.put_items([item(f"user {number}", "1700000000.5") for number in range(20)])
    bed.put_items([item("ann", "1700000000.50"), item("ben", "1700000000.500"), item("cyd", "1700000000.7")])
    bed.put_items([item("ann", "7"), item("ben", "7.0")])
    assert surveyed()["order_divergent"] == {"items": 24, "by_spelling": 2, "by_tie": 22, "instants": 2, "unasked": 0}


def test_a_table_full_of_odd_spellings_is_not_asked_for_each(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ties, "MOST_ASKED", 2)
    bed.put_items([item("ann", f"170000000{number}.50") for number in range(5)])
    found = surveyed(segments=1)["order_divergent"]
    assert found == {"items": 0, "by_spelling": 0, "by_tie": 0, "instants": 0, "unasked": 3}
