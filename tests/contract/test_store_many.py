"""Many keys read at once, and the stamps of CQL rows."""

from __future__ import annotations

import time
from typing import Any

from chat.data import Comment
from chat.stores.base import StampedStore, Store

T = 1_700_000_000_000_000


def test_many_keys_are_read_in_the_order_asked_with_gaps(store: Store, room: str, name: str) -> None:
    there = [Comment(f"{room}-{i % 3}", f"{name}-{i % 7}", T + i // 7, f"{i}") for i in range(260)]
    store.upsert_many(there)
    absent = [Comment(f"{room}-0", f"{name}-x", T + i, "") for i in range(5)]
    asked = [*there[200:], *absent, *there[:200]]
    assert store.get_many(asked) == [*there[200:], *[None] * 5, *there[:200]]


def test_a_key_asked_twice_is_answered_twice(store: Store, room: str, name: str) -> None:
    one = Comment(room, name, T, "one")
    store.put(one)
    assert store.get_many([one, one]) == [one, one]
    assert store.get_many([]) == []


def test_the_comment_of_another_room_is_not_an_answer(store: Store, room: str, name: str) -> None:
    store.put(Comment(room, name, T, "here"))
    assert store.get_many([Comment(f"{room}-other", name, T, "here")]) == [None]


def test_what_is_found_is_what_is_there_not_what_was_asked(store: Store, room: str, name: str) -> None:
    store.put(Comment(room, name, T, "there"))
    assert store.get_many([Comment(room, name, T, "asked")]) == [Comment(room, name, T, "there")]


def test_a_stamp_of_the_change_clock_wins_over_a_tombstone_and_a_larger_text(scylla: Any, room: str, name: str) -> None:
    assert isinstance(scylla, StampedStore)
    comment = Comment(room, name, T, "a")
    scylla.upsert(Comment(room, name, T, "z, larger, and stamped the same"))
    scylla.upsert(comment)
    larger = scylla.get(room, name, comment.time)
    assert larger is not None
    assert larger.text.startswith("z")
    assert scylla.written_us(comment) == T
    scylla.replace(comment, stamp_us=T + 1)
    assert scylla.get(room, name, comment.time) == comment
    scylla.delete(comment)
    assert scylla.written_us(comment) is None
    scylla.upsert(comment)
    assert scylla.get(room, name, comment.time) is None, "its own time is older than the tombstone"
    scylla.replace(comment, stamp_us=time.time_ns() // 1000 + 1_000_000)
    assert scylla.get(room, name, comment.time) == comment
