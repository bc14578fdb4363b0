"""The DynamoDB table by plain boto3: a complete strong read, and single writes for sabotage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .addresses import DynamoAddress
from .errors import StoreUnreachable
from .mapping import Item
from .rows import Image, Key, Row, item_of, stored_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, ScanOutputTypeDef

STORE = "dynamodb"
Result = TypeVar("Result")


class DynamoTable:
    """The table of the source. Every call raises `StoreUnreachable` if the engine does not do it."""

    store = STORE

    def __init__(self, address: DynamoAddress) -> None:
        self._address = address
        self._client: DynamoDBClient = self._call(
            lambda: boto3.client(
                "dynamodb",
                endpoint_url=address.endpoint,
                config=Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 4}),
            )
        )

    def image(self) -> Image:
        """The whole table, each page read strongly."""
        return Image(STORE).add(stored_item(item) for item in self.items())

    def items(self) -> Iterator[Item]:
        start: dict[str, AttributeValueTypeDef] | None = None
        while True:
            page = self._scan_page(start)
            yield from cast("list[Item]", page["Items"])
            # The last page has no key; a page may be empty and still not be the last.
            if not page.get("LastEvaluatedKey"):
                return
            start = page["LastEvaluatedKey"]

    def put(self, row: Row) -> None:
        item = cast("dict[str, AttributeValueTypeDef]", item_of(row))
        self._call(lambda: self._client.put_item(TableName=self._address.table, Item=item))

    def delete(self, row: Row) -> None:
        self._call(lambda: self._client.delete_item(TableName=self._address.table, Key=_key_of(row.key)))

    def _scan_page(self, start: dict[str, AttributeValueTypeDef] | None) -> ScanOutputTypeDef:
        table = self._address.table
        if start is None:
            return self._call(lambda: self._client.scan(TableName=table, ConsistentRead=True))
        return self._call(lambda: self._client.scan(TableName=table, ConsistentRead=True, ExclusiveStartKey=start))

    def _call(self, request: Callable[[], Result]) -> Result:
        try:
            return request()
        except (BotoCoreError, ClientError) as error:
            raise StoreUnreachable(
                store=f"DynamoDB table {self._address.table}",
                where=self._address.where,
                cause=error,
            ) from error


def _key_of(key: Key) -> dict[str, AttributeValueTypeDef]:
    return {"name": {"S": key.name}, "time": {"S": key.time}}
