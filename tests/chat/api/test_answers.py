"""Lists of any length become one JSON document, in constant memory, or nothing at all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from chat.api.answers import BATCH, document, spooled_answer
from chat.data import Comment, Page, Position, StoreId
from chat.exceptions import StoreUnavailable
from chat.routing.process import use_router
from chat.routing.router import AnsweredBy
from chat.selectors import PAGE_SIZE, Answer
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import router_on


def said(number: int) -> Comment:
    return Comment(room="chat", name="ann", time_us=1_700_000_000_000_000 + number, text="x" * 400)


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])
def test_a_document_is_whole_at_every_edge_of_a_batch(count: int) -> None:
    entries = json.loads(b"".join(document(map(said, range(count)))))["response"]
    assert [entry["time"] for entry in entries] == [said(number).time for number in range(count)]


def test_memory_does_not_grow_with_the_list() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        response = spooled_answer(Answer(comments=map(said, range(count)), by=AnsweredBy(StoreId.MEMORY, 0)))
        assert isinstance(response, StreamingHttpResponse)
        assert sum(map(len, response)) == int(response.headers["Content-Length"]) > 400 * count
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1000)
    assert peak(20_000) < 4 << 20  # about 10 MB of answer


class FailsLater(MemoryStore):
    """The engine goes away after some pages: a memory store has no wire of its own to cut."""

    pages = 0

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        self.pages += 1
        if self.pages > 2:
            raise StoreUnavailable("memory", "gone")
        return super().page(room, after, limit)


def test_a_store_that_fails_half_way_gives_an_error_and_not_half_a_list() -> None:
    store = FailsLater()
    store.upsert_many([said(number) for number in range(3 * PAGE_SIZE)])
    with use_router(router_on(store)):
        response = Client().get("/chat/comments/all")
    assert store.pages == 3
    assert (response.status_code, response.json()["error"]["code"]) == (503, "store_unavailable")


def test_pages_are_read_one_at_a_time() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Comment]:
        for number in range(10 * BATCH):
            taken.append(number)
            yield said(number)

    next(document(endless()))
    assert len(taken) == BATCH
