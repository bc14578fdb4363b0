"""Rooms, their days and their ties, from the rows that the workers spilled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Min, QuerySet, Sum

from migration.census.tally import LARGEST
from migration.models import CensusRoomDay, CensusTie, Run
from migration.quarantine.items import printable

EPOCH: Final = date(1970, 1, 1)


def count(run: Run) -> int:
    return _days(run).values("key").distinct().count()


def count_days(run: Run) -> int:
    """Pairs of a room and a day: so many partitions has the target when they are cut by day."""
    return _days(run).count()


def largest(run: Run) -> list[dict[str, Any]]:
    """[{"room", "items", "bytes", "days"}], by bytes."""
    by_room = _days(run).values("key")
    rows = by_room.annotate(name=Min("room"), of_items=Sum("items"), of_bytes=Sum("bytes"), days=Count("day"))
    return [
        {
            "room": printable(row["name"]),
            "items": row["of_items"],
            "bytes": row["of_bytes"],
            "days": row["days"],
        }
        for row in rows.order_by("-of_bytes", "key")[:LARGEST]
    ]


def largest_days(run: Run) -> list[dict[str, Any]]:
    """[{"room", "day" (ISO, UTC), "items", "bytes"}], by bytes."""
    return [
        {
            "room": printable(row.room),
            "day": (EPOCH + timedelta(days=row.day)).isoformat(),
            "items": row.items,
            "bytes": row.bytes,
        }
        for row in _days(run).order_by("-bytes", "key", "day")[:LARGEST]
    ]


def most(run: Run) -> dict[str, int]:
    """The most items and the most bytes of any room and of any day of one; often, but not always, of the same one."""
    by_room = _days(run).values("key").annotate(of_items=Sum("items"), of_bytes=Sum("bytes"))
    rooms = by_room.aggregate(items=Max("of_items", default=0), bytes=Max("of_bytes", default=0))
    days = _days(run).aggregate(items=Max("items", default=0), bytes=Max("bytes", default=0))
    return {
        "room_items": rooms["items"],
        "room_bytes": rooms["bytes"],
        "day_items": days["items"],
        "day_bytes": days["bytes"],
    }


def ties(run: Run) -> dict[str, int]:
    found: dict[str, int] = CensusTie.objects.filter(run=run).aggregate(
        instants=Count("pk"), items=Sum("items", default=0)
    )
    return found


def _days(run: Run) -> QuerySet[CensusRoomDay]:
    return CensusRoomDay.objects.filter(run=run)
