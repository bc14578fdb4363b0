"""Every read of the chat service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from chat.data import Comment, Endpoint, Page, Position
from chat.routing.process import router
from chat.routing.router import AnsweredBy
from chat.stores.base import Store

PAGE_SIZE = 500
"""Comments read at once for an answer that streams; it bounds the memory of a request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Comments newest first, and which store gave them (the first page, where there are several)."""

    comments: Iterable[Comment]
    by: AnsweredBy


def latest_comments(*, room: str, limit: int) -> Answer:
    comments, by = router().read(Endpoint.LATEST_COMMENTS, room, lambda store: store.latest(room, limit))
    return Answer(comments=comments, by=by)


def comments_since(*, room: str, position: str) -> Answer:
    """What is newer than a position, compared as text: `9` gives nothing, `1111` gives all."""

    def fetch(store: Store, *, after: Position | None) -> Page:
        return store.since(room, position, after, PAGE_SIZE)

    return _streamed(router().pages(Endpoint.COMMENTS_SINCE, room, fetch))


def all_comments(*, room: str) -> Answer:
    def fetch(store: Store, *, after: Position | None) -> Page:
        return store.page(room, after, PAGE_SIZE)

    return _streamed(router().pages(Endpoint.ALL_COMMENTS, room, fetch))


def _streamed(pages: Iterator[tuple[Page, AnsweredBy]]) -> Answer:
    """The first page is read here, so that a failure before the first byte is an ordinary error answer."""
    first, by = next(pages)
    rest = chain.from_iterable(page.items for page, _ in pages)
    return Answer(comments=chain(first.items, rest), by=by)
