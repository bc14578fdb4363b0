"""`since` on every store: what is newer than a position, compared as text (design section 4, protocol C4)."""

from __future__ import annotations

import pytest

from chat.codec.timetext import parse
from chat.data import Comment, Page, Position
from chat.stores.base import Store

# One comment each, by a name of its own: plain and padded spellings of the same and of neighbouring instants.
TIMES = (
    "1700000000",
    "1700000000.0",
    "1700000000.00",
    "1700000000.000001",
    "1700000000.1",
    "1700000000.10",
    "1700000000.100001",
    "1700000000.199999",
    "1700000000.2",
    "1700000009.999999",
    "1700000010.0",
    "1759999999.9",
    "1760000000",
    "1760000000.000000",
)
POSITIONS = (
    "",
    "0",
    "1",
    "1111",
    "17",
    "1700000000.",
    "1700000000.0000",
    "1700000000.0000005",
    "1700000000.1000",
    "1700000000.19999",
    "1700000000.1999999",
    "1700000000.15x",
    "1700000000-",
    "17000000000",
    "1700000005",
    "2",
    "1760000000.00",
    "9",
    "test_time",
    " ",
    "/",
    ":",
    "\x00",
    "é",
    "😀",
    "1700000000.0\x00",
    "x" * 1024,
    *TIMES,
)


def comments_of(room: str) -> list[Comment]:
    """Newest first, ties by name, as every store must give them."""
    found = []
    for i, time in enumerate(TIMES):
        plain = Comment(room, f"{i % 3}-{i}-{room}", parse(time), "text")
        found.append(plain if plain.time == time else Comment(plain.room, plain.name, plain.time_us, "text", time))
    return sorted(found, key=lambda comment: (-comment.time_us, comment.name))


def walk(store: Store, room: str, position: str, limit: int) -> list[Comment]:
    items: list[Comment] = []
    after: Position | None = None
    while True:
        page = store.since(room, position, after, limit)
        # A page that is not the last is full, or a reader would stop too early.
        assert page.next is None or len(page.items) == limit
        items, after = [*items, *page.items], page.next
        if after is None:
            return items


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_since_agrees_with_comparing_every_text(store: Store, room: str, limit: int) -> None:
    comments = comments_of(room)
    store.upsert_many(comments)
    positions = POSITIONS if limit == 100 else POSITIONS[::3]
    for position in positions:
        expected = [comment for comment in comments if comment.time > position]
        assert walk(store, room, position, limit) == expected, position


def test_a_position_below_all_gives_rows_of_other_lengths_too(store: Store, room: str, name: str) -> None:
    """Their order is excepted (protocol C4), their presence is not."""
    times = ("1000000.0", "999999999.5", "1700000000.5", "1000000")
    comments = [
        Comment(room, f"{i}-{name}", parse(time), "", None if "." in time else time) for i, time in enumerate(times)
    ]
    store.upsert_many(comments)
    for position in ("", "0", "1"):
        assert set(walk(store, room, position, 3)) == set(comments)
    assert set(walk(store, room, "1111", 3)) == {comments[1], comments[2]}


def test_since_in_an_empty_room_is_empty(store: Store, room: str) -> None:
    assert store.since(room, "1111", None, 20) == Page((), None)


def test_since_continues_where_nothing_is_left(store: Store, room: str, name: str) -> None:
    """A cursor older than the position: DynamoDB refuses a range whose ends are the wrong way round."""
    store.upsert(Comment(room, name, parse("1700000000.5"), ""))
    assert store.since(room, "1800000000.0", Position("1700000000.5", "a"), 20) == Page((), None)
