"""The order of every store: newest first, ties by name ascending, at page edges too (protocol C5, P2)."""

from __future__ import annotations

import pytest

from chat.codec.timetext import parse
from chat.data import Comment, Page, Position, position_of
from chat.stores.base import Store

T = 1_700_000_000_000_000
# In code point order; the last one lies beyond the basic plane, where UTF-16 order would differ.
NAMES = ("B", "a", "ab", "b", "z", "é", "\uff5e", "😀")


def at(room: str, name: str, time: str) -> Comment:
    """A comment with its time spelled as given."""
    spelled = Comment(room, name, parse(time), f"by {name}")
    return spelled if spelled.time == time else Comment(room, name, parse(time), f"by {name}", time)


@pytest.fixture
def tied(store: Store, room: str) -> tuple[Comment, ...]:
    """One newer comment, eight of one instant, one older: written in an order that is no order."""
    tie = tuple(Comment(room, f"{name}-{room}", T, "tied") for name in NAMES)
    newer, older = Comment(room, room, T + 1, "newer"), Comment(room, room, T - 1, "older")
    store.upsert_many([*tie[5:], older, *tie[2:5], newer, *tie[:2]])
    return (newer, *tie, older)


def walk(store: Store, room: str, limit: int) -> list[Page]:
    pages, after = [], None
    while True:
        page = store.page(room, after, limit)
        pages.append(page)
        if page.next is None:
            return pages
        after = page.next


def test_latest_cuts_a_tie_by_name(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    for limit in range(1, 12):
        assert store.latest(room, limit) == tied[:limit]


def test_latest_of_an_empty_room_is_empty(store: Store, room: str) -> None:
    assert store.latest(room, 20) == ()


@pytest.mark.parametrize("limit", range(1, 8))
def test_pages_of_any_size_have_no_gap_and_no_repeat(
    store: Store, room: str, tied: tuple[Comment, ...], limit: int
) -> None:
    pages = walk(store, room, limit)
    assert tuple(item for page in pages for item in page.items) == tied
    assert [len(page.items) for page in pages] == [limit] * (len(tied) // limit) + (
        [len(tied) % limit] if len(tied) % limit else []
    )


def test_the_last_page_says_so_even_when_it_is_full(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    assert store.page(room, None, len(tied)) == Page(tied, None)
    assert store.page(room, None, len(tied) - 1).next == position_of(tied[-2])


def test_a_page_after_the_oldest_comment_is_empty(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    assert store.page(room, position_of(tied[-1]), 5) == Page((), None)


def test_a_page_can_start_after_a_comment_that_is_gone(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    """Cursors name a place in the order, not an item (protocol P2)."""
    store.delete(tied[4])
    assert store.page(room, position_of(tied[4]), 2).items == tied[5:7]
    assert store.page(room, Position(tied[4].time, f"bb-{room}"), 1).items == tied[5:6]


def test_a_tie_in_since_is_cut_and_continued(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    first = store.since(room, tied[-1].time, None, 4)
    assert first == Page(tied[:4], position_of(tied[3]))
    assert store.since(room, tied[-1].time, first.next, 10) == Page(tied[4:-1], None)


def test_spellings_of_one_instant_are_one_tie(store: Store, room: str) -> None:
    """As text they differ, as instants they do not; both stores order them by name, byte for byte as spelled."""
    spelled = [
        at(room, f"a-{room}", "1700000000.50"),
        at(room, f"b-{room}", "1700000000.5"),
        at(room, f"c-{room}", "1700000000.500000"),
        at(room, f"d-{room}", "1700000000.5000"),
    ]
    store.upsert_many([spelled[2], spelled[0], spelled[3], spelled[1]])
    assert [item.time for item in store.latest(room, 10)] == [comment.time for comment in spelled]
    for limit in range(1, 5):
        items = [item for page in walk(store, room, limit) for item in page.items]
        assert items == spelled


def test_stream_room_gives_what_the_pages_give(store: Store, room: str, tied: tuple[Comment, ...]) -> None:
    assert tuple(store.stream_room(room)) == tied


def test_a_users_comments_come_newest_first_over_all_rooms(store: Store, room: str, name: str) -> None:
    """Two rooms of one instant, which DynamoDB can only hold in two spellings, come by room."""
    times = ("1700000002.0", "1700000001.50", "1700000001.5", "1700000001.500", "1700000000.25")
    mine = [at(f"{room}-{i}", name, time) for i, time in enumerate(times)]
    theirs = at(f"{room}-0", f"{name}-2", "1700000003.0")
    store.upsert_many([*mine[::2], theirs, *mine[1::2]])
    assert store.by_user(name, None, 10) == Page(tuple(mine), None)
    for limit in range(1, 6):
        items: list[Comment] = []
        after: Position | None = None
        while not items or after is not None:
            page = store.by_user(name, after, limit)
            items, after = [*items, *page.items], page.next
        assert items == mine


def test_rooms_gives_each_room_once(store: Store, room: str, name: str) -> None:
    store.upsert_many([Comment(f"{room}-{i % 3}", name, T + i, "") for i in range(9)])
    rooms = [found for found in store.rooms() if found.startswith(room)]
    assert sorted(rooms) == [f"{room}-0", f"{room}-1", f"{room}-2"]
