"""The real Redis as Celery's broker, in a database of the tests' own."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from celery import Celery, current_app

from tests.migration.bed import redis_url


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits in a queue."""

    task: str
    args: list[Any]
    eta: datetime | None


@dataclass(frozen=True, slots=True)
class Broker:
    client: Any

    def waiting(self, queue: str) -> list[Message]:
        """Oldest first."""
        return [_read(raw) for raw in reversed(self.client.lrange(queue, 0, -1))]

    def lose(self) -> None:
        """All messages and all that Celery keeps there, as when Redis comes back empty."""
        self.client.flushdb()


def _read(raw: bytes) -> Message:
    found = json.loads(raw)
    eta = found["headers"]["eta"]
    args, _, _ = json.loads(b64decode(found["body"]))
    return Message(found["headers"]["task"], args, datetime.fromisoformat(eta) if eta else None)


@contextmanager
def broker() -> Iterator[Broker]:
    """Messages sent in this process go to an empty database until the block ends."""
    with application(redis_url()), redis.Redis.from_url(redis_url()) as client:
        client.flushdb()
        yield Broker(client)
        client.flushdb()


@contextmanager
def application(url: str) -> Iterator[None]:
    """Another Celery application as the current one: the project's own has read its settings already."""
    before: Any = current_app
    before = before._get_current_object()
    other = Celery("tests", broker=url, set_as_current=False)
    other.set_current()
    try:
        yield
    finally:
        other.close()
        before.set_current()
