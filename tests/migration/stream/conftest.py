"""A table of the test's own with a real stream, and CQL empty: DynamoDB Local streams one table at a time well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import Settings

from chat.codec.items import to_item
from chat.conf import env
from chat.data import Comment
from migration.models import Shard, Stream
from migration.stream.enabling import enable
from migration.stream.working import tail
from tests import engines
from tests.migration.bed import Bed
from tests.migration.vectors import rollout

__all__ = ["rollout"]


@dataclass(frozen=True, slots=True)
class Streamed:
    """The source table, written past our own code, and the stream that is followed."""

    bed: Bed
    client: Any
    table: str
    stream: Stream

    def put(self, *comments: Comment) -> None:
        for comment in comments:
            self.put_item(to_item(comment))

    def put_item(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=item)

    def delete(self, comment: Comment) -> None:
        self.client.delete_item(TableName=self.table, Key={"name": {"S": comment.name}, "time": {"S": comment.time}})

    def tail(self) -> int:
        """Everything that is in the stream by now."""
        return tail(self.stream, seconds=0.01)

    def shard(self) -> Shard:
        return self.stream.shards.get()


@pytest.fixture
def streamed(bed: Bed, rollout: Any, settings: Settings) -> Iterator[Streamed]:
    with engines.dynamodb_table() as table:
        settings.ENV = env().model_copy(update={"dynamodb_table": table})
        yield Streamed(bed, bed.ground.client, table, enable(actor="ada"))
