"""What every store does with one comment: put, upsert, get, delete (chat.stores.base.Store)."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from chat.data import Comment
from chat.exceptions import MirrorConflict
from chat.stores.base import PutResult, Store

T = 1_700_000_000_123_400


@pytest.fixture
def comment(room: str, name: str) -> Comment:
    return Comment(room, name, T, "hello")


def test_put_into_a_free_key_is_applied(store: Store, comment: Comment) -> None:
    assert store.put(comment) == PutResult(applied=True)
    assert store.get(comment.room, comment.name, "1700000000.1234") == comment


def test_put_of_a_fresh_instant_is_applied(store: Store, room: str, name: str) -> None:
    """The usual case takes the path without a read-back (protocol T5)."""
    fresh = Comment(room, name, time.time_ns() // 1000, "now")
    assert store.put(fresh) == PutResult(applied=True)
    assert store.latest(room, 1) == (fresh,)


def test_put_again_gives_back_the_same_comment(store: Store, comment: Comment) -> None:
    store.put(comment)
    assert store.put(comment) == PutResult(applied=False, existing=comment)


def test_put_over_another_comment_gives_it_back_and_keeps_it(store: Store, comment: Comment) -> None:
    other = replace(comment, text="another text")
    store.put(other)
    assert store.put(comment) == PutResult(applied=False, existing=other)
    assert store.get(comment.room, comment.name, comment.time) == other


def test_put_gives_back_a_comment_whose_time_has_another_spelling(store: Store, room: str, name: str) -> None:
    spelled = Comment(room, name, T, "hello", time_raw="1700000000.12340")
    store.upsert(spelled)
    assert store.put(spelled) == PutResult(applied=False, existing=spelled)


def test_upsert_can_be_repeated(store: Store, comment: Comment) -> None:
    for _ in range(3):
        store.upsert(comment)
    assert store.page(comment.room, None, 10).items == (comment,)


def test_upsert_after_put_changes_nothing(store: Store, comment: Comment) -> None:
    store.put(comment)
    store.upsert(comment)
    assert store.page(comment.room, None, 10).items == (comment,)


def test_upserts_converge_in_any_order(store: Store, room: str, name: str) -> None:
    comments = [Comment(room, name, T + i, f"text {i}") for i in range(8)]
    for order in (comments, comments[::-1], random.Random(1).sample(comments, 8)):
        for comment in order:
            store.upsert(comment)
    assert store.page(room, None, 100).items == tuple(reversed(comments))


def test_upsert_never_overwrites_another_comment_in_dynamodb(dynamodb: Store, comment: Comment) -> None:
    """Protocol W7."""
    other = replace(comment, text="theirs")
    dynamodb.put(other)
    with pytest.raises(MirrorConflict):
        dynamodb.upsert(comment)
    assert dynamodb.get(comment.room, comment.name, comment.time) == other


def test_the_same_name_and_instant_in_two_rooms_is_one_key_in_dynamodb_only(store: Store, comment: Comment) -> None:
    """Protocol T1: the reason for clock slots."""
    elsewhere = replace(comment, room=f"{comment.room}-2")
    store.put(comment)
    expected = PutResult(applied=False, existing=comment) if store.id == "dynamodb" else PutResult(applied=True)
    assert store.put(elsewhere) == expected


def test_get_finds_nothing_under_a_key_that_is_free(store: Store, room: str, name: str) -> None:
    assert store.get(room, name, "1700000000.5") is None


def test_get_finds_nothing_in_another_room(store: Store, comment: Comment) -> None:
    store.put(comment)
    assert store.get("elsewhere", comment.name, comment.time) is None


def test_get_finds_nothing_for_a_time_that_is_no_number(store: Store, room: str, name: str) -> None:
    assert store.get(room, name, "test_time") is None


def test_delete_then_get_finds_nothing(store: Store, comment: Comment) -> None:
    store.put(comment)
    store.delete(comment)
    assert store.get(comment.room, comment.name, comment.time) is None
    assert store.latest(comment.room, 10) == ()


def test_delete_also_wins_over_an_upserted_comment(store: Store, comment: Comment) -> None:
    store.upsert(comment)
    store.delete(comment)
    assert store.get(comment.room, comment.name, comment.time) is None


def test_delete_of_what_is_not_there_does_nothing(store: Store, comment: Comment) -> None:
    store.delete(comment)
    assert store.latest(comment.room, 10) == ()


def test_delete_in_dynamodb_leaves_another_rooms_item(dynamodb: Store, comment: Comment) -> None:
    """The row of this room is another one in CQL, but the key is the same in DynamoDB (protocol T1)."""
    dynamodb.put(comment)
    with pytest.raises(MirrorConflict):
        dynamodb.delete(replace(comment, room="elsewhere"))
    assert dynamodb.get(comment.room, comment.name, comment.time) == comment


def test_ping_answers(store: Store) -> None:
    store.ping()
