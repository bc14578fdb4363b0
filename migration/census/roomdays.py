"""Exact counts by room and UTC day, in the control database: a worker remembers one page of them, never all."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from django.db import connection

from chat.data import Comment
from migration.models import CensusRoomDay

DAY_US: Final = 86_400_000_000


class RoomDays:
    """Of one page."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], list[int]] = {}

    def add(self, comment: Comment, size: int) -> None:
        count = self._counts.setdefault((comment.room, comment.time_us // DAY_US), [0, 0])
        count[0] += 1
        count[1] += size

    def flush(self, run_id: int) -> None:
        """Adds to the rows. Call in the transaction that saves the page's cursor, so that no item counts twice."""
        room_field = CensusRoomDay._meta.get_field("room")
        rows = [
            (run_id, room_key(room), room_field.get_db_prep_save(room, connection), day, items, size)
            for (room, day), (items, size) in self._counts.items()
        ]
        # In one order everywhere: workers that lock each other's rows crosswise would wait for ever.
        rows.sort(key=lambda row: (row[1], row[3]))
        with connection.cursor() as cursor:
            cursor.executemany(_add_statement(), rows)


def room_key(room: str) -> str:
    """32 hexadecimal digits that name a storable room."""
    return blake2b(room.encode(), digest_size=16).hexdigest()


def _add_statement() -> str:
    """`bulk_create` can replace what is there, not add to it; both databases spell this the same."""
    quote = connection.ops.quote_name
    table = quote(CensusRoomDay._meta.db_table)
    columns = ", ".join(map(quote, ("run_id", "key", "room", "day", "items", "bytes")))
    unique = ", ".join(map(quote, ("run_id", "key", "day")))
    adds = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in ("items", "bytes"))
    return (
        f"INSERT INTO {table} ({columns}) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT ({unique}) DO UPDATE SET {adds}"
    )
