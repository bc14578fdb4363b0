"""Which tables of the target fit: one partition a room, or one a room and day.

Cassandra warns of partitions above 100 MiB (`compaction_large_partition_warning_threshold`), ScyllaDB of 1,000 MB or
100,000 rows (`system.large_partitions`): the stricter of each.
An item's size by DynamoDB's rules stands in for its row's, which is smaller: it does not repeat the room, nor the names
of the columns.
"""

from __future__ import annotations

from typing import Any, Final

from migration.census import rooms
from migration.models import Run

PARTITION_BYTES: Final = 100_000_000
PARTITION_ROWS: Final = 100_000


def advise(run: Run) -> dict[str, Any]:
    """{"schema": "room" or "daily", "why", "limits", and the largest partition under either}."""
    most = rooms.most(run)
    fits_by_room = _fits(most["room_items"], most["room_bytes"])
    fits_by_day = _fits(most["day_items"], most["day_bytes"])
    return {
        "schema": "room" if fits_by_room else "daily",
        "why": _why(most, by_room=fits_by_room, by_day=fits_by_day),
        "limits": {"rows": PARTITION_ROWS, "bytes": PARTITION_BYTES},
        "largest_partition": {
            "room": {"rows": most["room_items"], "bytes": most["room_bytes"]},
            "daily": {"rows": most["day_items"], "bytes": most["day_bytes"]},
        },
    }


def _fits(rows: int, size: int) -> bool:
    return rows <= PARTITION_ROWS and size <= PARTITION_BYTES


def _why(most: dict[str, int], *, by_room: bool, by_day: bool) -> str:
    room = f"the largest rooms have {most['room_items']} rows and {_megabytes(most['room_bytes'])}"
    if by_room:
        return f"{room}: within {_limits()} a partition. Rooms that keep growing leave it one day: look again then"
    day = f"their largest days {most['day_items']} rows and {_megabytes(most['day_bytes'])}"
    if by_day:
        return f"{room}, above {_limits()} a partition; {day}"
    return f"{room}, {day}: above {_limits()} a partition even by day, so shard the busiest rooms"


def _limits() -> str:
    return f"{PARTITION_ROWS} rows and {_megabytes(PARTITION_BYTES)}"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
