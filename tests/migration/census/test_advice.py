"""One partition a room, or one a room and day."""

from __future__ import annotations

import pytest

from migration.census import advice
from migration.census.advice import advise
from migration.models import CensusRoomDay
from tests.migration.census.surveying import begin

pytestmark = pytest.mark.usefixtures("bed")


def advised(*days: tuple[str, int, int, int]) -> dict[str, object]:
    run = begin()
    for room, day, items, size in days:
        CensusRoomDay.objects.create(run=run, key=room, room=room, day=day, items=items, bytes=size)
    return advise(run)


def test_rooms_at_the_limits_fit() -> None:
    found = advised(("a", 1, 40_000, 50_000_000), ("a", 2, 60_000, 50_000_000), ("b", 1, 1, 1))
    assert found["schema"] == "room"
    assert found["largest_partition"] == {
        "room": {"rows": 100_000, "bytes": 100_000_000},
        "daily": {"rows": 60_000, "bytes": 50_000_000},
    }
    assert str(found["why"]).startswith("the largest rooms have 100000 rows and 100.0 MB: within 100000 rows and 100.0")


@pytest.mark.parametrize("beyond", [(60_001, 1), (1, 50_000_001)])
def test_one_row_or_one_byte_more_is_for_days(beyond: tuple[int, int]) -> None:
    found = advised(("a", 1, 40_000, 50_000_000), ("a", 2, *beyond))
    assert found["schema"] == "daily"
    assert "above 100000 rows and 100.0 MB a partition; their largest days" in str(found["why"])


def test_the_largest_by_rows_need_not_be_the_largest_by_bytes() -> None:
    found = advised(("many", 1, 200_000, 10), ("heavy", 1, 2, 90_000_000))
    assert found["largest_partition"]["room"] == {"rows": 200_000, "bytes": 90_000_000}  # type: ignore[index]


def test_a_day_too_large_wants_shards() -> None:
    found = advised(("a", 1, advice.PARTITION_ROWS + 1, 1))
    assert found["schema"] == "daily"
    assert str(found["why"]).endswith("even by day, so shard the busiest rooms")
