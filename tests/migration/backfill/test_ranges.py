"""The CQL table by token ranges: every row once, from any cursor."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.data import Comment
from migration.backfill import ranges
from migration.backfill.ranges import TokenRange
from tests.migration.bed import OLD_US, Bed, comment


@pytest.fixture
def rows(bed: Bed) -> list[Comment]:
    """Rooms of several sizes, a tie of five names, odd names and spellings."""
    found = [comment(number, room=f"room {number % 7}", name=f"name {number % 3}") for number in range(60)]
    found += [comment(500, room="tie", name=name) for name in ("e", "a", "d", "b", "c")]
    found += [Comment("nul\x00room", "é\x00", OLD_US, "", "1700000000"), Comment("😀", '"\\', OLD_US, "x", None)]
    bed.target.upsert_many(found)
    return found


def walk(total: int, **options: Any) -> list[Comment]:
    """Each page by a reader of its own, its cursor through JSON, as another worker would go on."""
    found = []
    for number in range(total):
        after = None
        while True:
            page = TokenRange(number=number, total=total, **options).page(after)
            found += page.comments
            if page.next is None:
                break
            after = json.loads(json.dumps(page.next))
    return found


@pytest.mark.parametrize(("total", "page_rows"), [(1, 500), (1, 1), (3, 2), (7, 4)])
def test_every_row_is_read_once(
    rows: list[Comment], monkeypatch: pytest.MonkeyPatch, total: int, page_rows: int
) -> None:
    monkeypatch.setattr(ranges, "PAGE_ROWS", page_rows)
    found = walk(total)
    assert len(found) == len(rows)
    assert set(found) == set(rows)


def test_rooms_without_anything_new_end_a_page_too(rows: list[Comment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "PAGE_ROOMS", 2)
    since = comment(500).time_us
    page = TokenRange(number=0, total=1, from_us=since + 1).page(None)
    assert (page.comments, page.next is not None) == ([], True)
    assert {row.name for row in walk(1, from_us=since)} == {"a", "b", "c", "d", "e"}


def test_two_rooms_of_one_token_are_both_read(rows: list[Comment], bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such names can be made; here the cursor says so: it stands behind a room of the same token."""
    page = TokenRange(number=0, total=1, most=1).page(None)
    assert page.next is not None
    first = page.next["room"]
    before = {**page.next, "room": "", "after": None}
    assert TokenRange(number=0, total=1, most=1).page(before).comments[0].room == first
    behind = {**page.next, "after": None}
    assert TokenRange(number=0, total=1, most=1).page(behind).comments[0].room != first


def test_parts_of_the_ring_touch_and_cover_it() -> None:
    for total in (1, 3, 10_000):
        parts = [TokenRange(number=number, total=total) for number in (0, total // 2, total - 1)]
        assert parts[0].first == -(2**63)
        assert parts[-1].last == 2**63 - 1
        if total > 1:
            assert TokenRange(number=1, total=total).first == parts[0].last + 1


def test_a_limit_makes_pages_smaller(rows: list[Comment]) -> None:
    assert TokenRange(number=0, total=1, most=7).page(None).size == 7
