from __future__ import annotations

import pytest
from cassandra.query import UNSET_VALUE
from hypothesis import given, settings

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.rows import COLUMNS, from_values, to_values
from chat.data import Comment
from tests.chat.codec.strategies import comments
from tests.examples import examples


def test_values_stand_in_the_order_of_the_columns() -> None:
    comment = Comment("chat", "ada", 1_500_000, "hello", "1.50")
    assert dict(zip(COLUMNS, to_values(comment), strict=True)) == {
        "chat_room": "chat",
        "time_us": 1_500_000,
        "name": "ada",
        "comment": "hello",
        "time_raw": "1.50",
    }


def test_a_canonical_time_leaves_time_raw_unset_and_never_none() -> None:
    assert to_values(Comment("chat", "ada", 1_500_000, "hello"))[4] is UNSET_VALUE


@settings(max_examples=examples(300), deadline=None)
@given(comments())
def test_every_comment_comes_back_from_its_row(comment: Comment) -> None:
    # A cell that was left unset reads as None.
    read = [None if value is UNSET_VALUE else value for value in to_values(comment)]
    assert from_values(read) == comment


def test_a_row_without_a_comment_is_a_fault_and_no_empty_comment() -> None:
    with pytest.raises(MappingFault) as caught:
        from_values(("chat", 1_500_000, "ada", None, None))
    assert (caught.value.code, caught.value.attribute) == (FaultCode.MISSING_COMMENT, "comment")
    assert caught.value.message == "the row ('chat', 1500000, 'ada') has no comment"
    assert from_values(("chat", 1_500_000, "ada", "", None)).text == ""
