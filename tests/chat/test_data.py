from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from chat.data import Comment, Endpoint, Position, position_of


def test_a_comment_spells_its_time_canonically_unless_its_source_did_not() -> None:
    assert Comment("chat", "ada", 1_700_000_000_500_000, "hello").time == "1700000000.5"
    assert Comment("chat", "ada", 1_700_000_000_500_000, "hello", "1700000000.50").time == "1700000000.50"


def test_a_position_is_the_time_text_and_the_name() -> None:
    comment = Comment("chat", "ada", 1_700_000_000_000_000, "hello", "1700000000")
    assert position_of(comment) == Position(time="1700000000", name="ada")


def test_a_comment_cannot_be_changed() -> None:
    comment = Comment("chat", "ada", 1, "hello")
    with pytest.raises(FrozenInstanceError):
        comment.text = "other"  # type: ignore[misc]  # the point of the test


def test_comments_are_equal_by_value_and_by_spelling() -> None:
    assert Comment("chat", "ada", 1_500_000, "hello") == Comment("chat", "ada", 1_500_000, "hello")
    assert Comment("chat", "ada", 1_500_000, "hello") != Comment("chat", "ada", 1_500_000, "hello", "1.50")


def test_only_posting_writes() -> None:
    assert [endpoint for endpoint in Endpoint if endpoint.writes] == [Endpoint.POST_COMMENT]
