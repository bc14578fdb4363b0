"""Beat's message: the stream is followed where one was enabled, and by nobody while frozen."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from chat.data import Comment
from chat.exceptions import StoreUnavailable
from migration import tasks
from migration.models import Rollout, Stream
from tests.migration.bed import OLD_US
from tests.migration.stream.conftest import Streamed

POSTED = Comment("chat", "ann", OLD_US + 123_457, "hi")


def test_a_message_follows_the_stream(streamed: Streamed) -> None:
    streamed.put(POSTED)
    tasks.tail_stream()
    assert streamed.bed.rows() == {POSTED}


def test_without_a_stream_it_does_nothing(streamed: Streamed) -> None:
    streamed.put(POSTED)
    Stream.objects.update(active=False)
    tasks.tail_stream()
    assert streamed.bed.rows() == set()


def test_nor_while_frozen(streamed: Streamed) -> None:
    streamed.put(POSTED)
    Rollout.objects.update(frozen=True)
    tasks.tail_stream()
    assert streamed.bed.rows() == set()


def test_a_store_that_is_away_is_for_the_next_message(streamed: Streamed, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> int:
        raise StoreUnavailable("dynamodb", "away")

    monkeypatch.setattr(tasks, "tail", away)
    with capture_logs() as logs:
        tasks.tail_stream()
    assert [entry["event"] for entry in logs] == ["stream_waits"]
