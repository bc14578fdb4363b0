"""Batches hold one room each, and at most so many bytes and rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.data import Comment
from chat.stores.scylla.batches import MAX_ROWS, one_partition_batches, size_of

comments = st.builds(
    Comment,
    room=st.sampled_from(["a", "b", "日本"]),
    name=st.text(max_size=5),
    time_us=st.integers(0, 10),
    text=st.text(max_size=300),
)


@given(st.lists(comments, max_size=60), st.integers(100, 2000))
def test_every_comment_is_in_one_batch_of_its_room_and_no_batch_is_too_large(
    given_comments: list[Comment], max_bytes: int
) -> None:
    batches = list(one_partition_batches(given_comments, max_bytes=max_bytes))
    by_room = sorted(given_comments, key=lambda comment: comment.room)
    assert sorted([c for batch in batches for c in batch], key=lambda comment: comment.room) == by_room
    for batch in batches:
        assert len({comment.room for comment in batch}) == 1
        assert len(batch) == 1 or sum(map(size_of, batch)) <= max_bytes


def test_a_batch_is_filled_before_the_next_begins() -> None:
    one = Comment("room", "name", 1, "x" * 100)
    batches = list(one_partition_batches([one] * 10, max_bytes=4 * size_of(one)))
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_tiny_comments_are_bounded_in_number() -> None:
    batches = list(one_partition_batches([Comment("r", "n", 1, "")] * (MAX_ROWS + 1), max_bytes=10**9))
    assert [len(batch) for batch in batches] == [MAX_ROWS, 1]


def test_size_counts_bytes_not_characters() -> None:
    plain, wide = Comment("r", "n", 1, "xxxx"), Comment("r", "n", 1, "😀😀😀😀")
    assert size_of(wide) - size_of(plain) == 12
