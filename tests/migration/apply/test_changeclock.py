"""Stamps of the change clock win over every row written before, and no two reservations share one (protocol T4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chat.clock import wall_us
from migration.apply import changeclock
from migration.apply.changeclock import reserve
from migration.exceptions import LostRace
from migration.models import ChangeClock

pytestmark = pytest.mark.usefixtures("control")


def test_a_range_is_above_now_and_above_the_row_it_replaces() -> None:
    before = wall_us()
    assert reserve()[0] >= before
    ahead = before + 3_600_000_000
    assert reserve(above_us=ahead) == range(ahead + 1, ahead + 2)
    # From then on every range is.
    assert reserve(3) == range(ahead + 2, ahead + 5)
    assert ChangeClock.objects.get().top_us == ahead + 4


def test_a_clock_that_was_set_back_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = reserve()
    monkeypatch.setattr(changeclock, "wall_us", lambda: 5)
    assert reserve() == range(first + 1, first + 2)


def test_many_at_once_share_no_stamp() -> None:
    def take(_: int) -> list[int]:
        try:
            return [stamp for _ in range(5) for stamp in reserve(3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        stamps = [stamp for taken in threads.map(take, range(4)) for stamp in taken]
    assert len(set(stamps)) == 4 * 5 * 3


def test_one_that_always_loses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process takes the row between the look and the update, each time."""
    reserve()

    def taken_meanwhile() -> int:
        row = ChangeClock.objects.get()
        ChangeClock.objects.update(top_us=row.top_us + 1)
        return 0

    monkeypatch.setattr(changeclock, "wall_us", taken_meanwhile)
    with pytest.raises(LostRace, match="20 times"):
        reserve()
