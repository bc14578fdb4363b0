"""Many comments at once: written whole, read back in constant memory."""

from __future__ import annotations

from typing import Any

from chat.data import Comment
from chat.stores.base import Store

T = 1_700_000_000_000_000


def test_a_thousand_comments_over_seven_rooms(store: Store, room: str) -> None:
    comments = [Comment(f"{room}-{i % 7}", f"{i % 13}-{room}", T + i // 5, f"text {i}") for i in range(1000)]
    store.upsert_many(comments)
    for number in range(7):
        mine = [comment for comment in comments if comment.room == f"{room}-{number}"]
        mine.sort(key=lambda comment: (-comment.time_us, comment.name))
        assert list(store.stream_room(f"{room}-{number}")) == mine


def test_nothing_to_write_is_no_error(store: Store) -> None:
    store.upsert_many([])


def test_comments_larger_than_a_batch_are_written(store: Store, room: str, name: str) -> None:
    comments = [Comment(room, name, T + i, "😀" * 4096) for i in (3, 2, 1)]
    store.upsert_many(comments)
    assert list(store.stream_room(room)) == comments


def test_the_same_list_again_changes_nothing(store: Store, room: str, name: str) -> None:
    comments = [Comment(room, name, T + i, f"{i}") for i in range(50, 0, -1)]
    store.upsert_many(comments)
    store.upsert_many(comments[::-1])
    assert list(store.stream_room(room)) == comments


def test_a_room_of_several_driver_pages_is_streamed_whole(scylla: Any, room: str, name: str) -> None:
    comments = [Comment(room, name, T - i, "") for i in range(2500)]
    scylla.upsert_many(comments)
    assert list(scylla.stream_room(room)) == comments
