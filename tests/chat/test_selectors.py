"""Every read of the service, over pages and flips."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chat import selectors
from chat.data import Comment, Endpoint, Position
from chat.exceptions import StoreUnavailable
from chat.routing.process import use_router
from chat.selectors import Answer
from chat.stores.memory import MemoryStore
from tests.chat.routing.doubles import SOURCE, TARGET, Setting

SECOND = 1_000_000
T0 = 1_700_000_000 * SECOND


def comments(count: int) -> list[Comment]:
    """Newest first."""
    return [Comment(room="chat", name="ann", time_us=T0 + n * SECOND, text=f"text {n}") for n in reversed(range(count))]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    monkeypatch.setattr(selectors, "PAGE_SIZE", 2)
    setting = Setting()
    setting.both(comments(7))
    with use_router(setting.router):
        yield setting


def test_the_latest_are_one_read(setting: Setting) -> None:
    answer = selectors.latest_comments(room="chat", limit=3)
    assert list(answer.comments) == comments(7)[:3]
    assert (answer.by.store, setting.policy.asked) == (SOURCE, [(Endpoint.LATEST_COMMENTS, "chat")])


def test_all_comments_come_page_by_page(setting: Setting) -> None:
    answer = selectors.all_comments(room="chat")
    # The first page is there, so that a store that fails is an ordinary error; the rest is read as it is taken.
    assert len(setting.policy.asked) == 1
    assert list(answer.comments) == comments(7)
    assert setting.policy.asked == [(Endpoint.ALL_COMMENTS, "chat")] * 4


def test_what_is_newer_than_a_position(setting: Setting) -> None:
    answer = selectors.comments_since(room="chat", position=comments(7)[4].time)
    assert list(answer.comments) == comments(7)[:4]
    assert setting.policy.asked == [(Endpoint.COMMENTS_SINCE, "chat")] * 2
    assert list(selectors.comments_since(room="chat", position="9").comments) == []
    assert list(selectors.comments_since(room="chat", position="1111").comments) == comments(7)


@pytest.mark.parametrize(("here", "there"), [(SOURCE, TARGET), (TARGET, SOURCE)])
def test_an_answer_that_is_under_way_survives_a_flip_either_way(setting: Setting, here: str, there: str) -> None:
    setting.policy.read = SOURCE if here == SOURCE else TARGET
    answers = [selectors.all_comments(room="chat"), selectors.comments_since(room="chat", position="1")]
    taken = [[next(iter(answer.comments)) for _ in range(3)] for answer in answers]
    setting.policy.read = TARGET if here == SOURCE else SOURCE
    rest = [list(answer.comments) for answer in answers]
    assert [first + second for first, second in zip(taken, rest, strict=True)] == [comments(7)] * 2
    assert {store for store, _ in setting.roles} == {SOURCE, TARGET}
    assert answers[0].by.store == here != there


class Down(MemoryStore):
    def stream_room(self, room: str) -> Iterator[Comment]:
        raise StoreUnavailable("dynamodb", "nobody there")

    def _in_room(self, room: str, after: Position | None) -> Iterator[Comment]:
        raise StoreUnavailable("dynamodb", "nobody there")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: selectors.latest_comments(room="chat", limit=1),
        lambda: selectors.all_comments(room="chat"),
        lambda: selectors.comments_since(room="chat", position="1"),
    ],
)
def test_a_store_that_is_away_is_an_error_before_the_first_byte(ask: Callable[[], Answer]) -> None:
    with use_router(Setting(source=Down()).router), pytest.raises(StoreUnavailable):
        ask()
