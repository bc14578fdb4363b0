"""The change clock: write timestamps that win over every row written before (protocol T4).

Ranges of microseconds are reserved in one control row by compare-and-set, above now and above every earlier range. A
worker that was stopped and wakes up holds old stamps only, so whatever it still writes loses.
"""

from __future__ import annotations

from django.db import transaction

from chat.clock import wall_us
from migration.exceptions import LostRace
from migration.models import ChangeClock

TRIES = 20


def reserve(count: int = 1, *, above_us: int = 0) -> range:
    """`count` stamps no one else gets, each greater than `above_us` (WRITETIME of the row they replace).

    Raises `LostRace` when others keep winning the row.
    """
    for _ in range(TRIES):
        with transaction.atomic():
            row, _ = ChangeClock.objects.get_or_create(pk=ChangeClock.ONLY)
            first = max(wall_us(), row.top_us + 1, above_us + 1)
            last = first + count - 1
            if ChangeClock.objects.filter(pk=row.pk, top_us=row.top_us).update(top_us=last):
                return range(first, last + 1)
    raise LostRace(f"the change clock was taken by others {TRIES} times in a row")
