"""Every text a client may send comes back byte for byte, from every store."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.data import Comment
from chat.exceptions import StoreRefused
from chat.stores.base import Store
from tests.examples import examples

T = 1_700_000_000_000_000
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "'; DROP TABLE chat; --",
    "é",
    "e\u0301",
    "日本語",
    "😀👩‍👩‍👧‍👦",
    "\ufeff\u200b\ufffd\uffff",
    "\U0010ffff",
    '\r\n\t\\"{}%s?',
    "x" * 16384,
    "😀" * 4096,
)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_a_comment_comes_back_as_it_was_written(store: Store, room: str, name: str, text: str) -> None:
    comment = Comment(room, name, T, text)
    store.put(comment)
    assert store.latest(room, 1) == (comment,)


INSTANTS = count(T)


# A room or a name may not be empty in DynamoDB; the API refuses those before any store sees them.
@given(texts=st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)] * 3))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rooms_names_and_texts_of_any_letters(store: Store, room: str, texts: tuple[str, str, str]) -> None:
    comment = Comment(room + texts[0], texts[1] + room, next(INSTANTS), texts[2])
    assert store.put(comment).applied
    assert store.get(comment.room, comment.name, comment.time) == comment


@pytest.mark.parametrize("kind", ["dynamodb", "scylla"])
def test_a_lone_surrogate_is_refused(request: pytest.FixtureRequest, room: str, name: str, kind: str) -> None:
    """JSON can spell it, UTF-8 cannot. The API refuses it earlier; a store must still not crash over it."""
    real: Any = request.getfixturevalue(kind)
    with pytest.raises(StoreRefused):
        real.put(Comment(room, name, T, "\ud800"))
