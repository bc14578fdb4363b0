"""The sample's DynamoDB table: the calls that make it, that look at it, and the wait until it serves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chat.data import StoreId
from chat.exceptions import ChatError
from chat.stores.dynamodb.errors import CLIENT_ERRORS, Failure, failure_of, refused, unavailable
from chat.stores.dynamodb.store import ROOM_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

STORE: Final = StoreId.DYNAMODB.value
TABLE_KEY: Final = {"HASH": "name", "RANGE": "time"}
INDEX_KEY: Final = {"HASH": "chat_room", "RANGE": "time"}
PROJECTION: Final = "ALL"
_POLL_SECONDS: Final = 0.2


class StillBuilding(ChatError):
    """The table or its index was not ready by the deadline. Nothing is wrong: run the command again."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the DynamoDB API, under the name and in the shape that the API documents."""

    operation: str
    request: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.operation} {json.dumps(self.request)}"

    def send(self, client: DynamoDBClient) -> None:
        """Does not wait until the table is ready. Raises StoreUnavailable and StoreRefused."""
        methods: dict[str, Callable[..., Any]] = {
            "CreateTable": client.create_table,
            "UpdateTable": client.update_table,
        }
        with typed_errors():
            try:
                methods[self.operation](**self.request)
            except ClientError as error:
                # Being made already: by boto3's own repeat of this call, or by someone else. The wait tells.
                if error.response["Error"]["Code"] != "ResourceInUseException":
                    raise


def create_table(table: str) -> ApiCall:
    request = {
        "TableName": table,
        "AttributeDefinitions": _texts("name", "time", "chat_room"),
        "KeySchema": _key(TABLE_KEY),
        "GlobalSecondaryIndexes": [_index()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return ApiCall("CreateTable", request)


def add_index(table: str, *, provisioned: dict[str, int] | None) -> ApiCall:
    """`provisioned`: the capacity of a table not billed on demand; its index is given as much of its own."""
    index = _index() if provisioned is None else _index() | {"ProvisionedThroughput": provisioned}
    request = {
        "TableName": table,
        "AttributeDefinitions": _texts("time", "chat_room"),
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }
    return ApiCall("UpdateTable", request)


def describe(client: DynamoDBClient, table: str) -> Any:
    """The table as DescribeTable tells it, None without one. Raises StoreUnavailable and StoreRefused."""
    with typed_errors():
        try:
            return client.describe_table(TableName=table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise


def pending(description: Any) -> tuple[str, ...]:
    """What of a table is not ready, in words; empty when it serves."""
    states = [("the table", description["TableStatus"])]
    for index in description.get("GlobalSecondaryIndexes", []):
        # An engine that makes an index at once may give it no status.
        states.append((f"the index {index['IndexName']}", index.get("IndexStatus", "ACTIVE")))
    return tuple(f"{what} is {state}" for what, state in states if state != "ACTIVE")


def wait_until_active(client: DynamoDBClient, table: str, *, seconds: float) -> None:
    """Raises StillBuilding after `seconds`; an index over a large table takes hours. Also as `describe`."""
    deadline = time.monotonic() + seconds
    while True:
        description = describe(client, table)
        waiting = pending(description) if description else ("the table is not there yet",)
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise StillBuilding(f"dynamodb table {table}: {', '.join(waiting)} after {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)


@contextmanager
def typed_errors() -> Iterator[None]:
    """Raises StoreUnavailable or StoreRefused in place of boto3's errors, for calls that may be repeated."""
    try:
        yield
    except CLIENT_ERRORS as error:
        failure = refused if failure_of(error) is Failure.REFUSED else unavailable
        raise failure(STORE, error) from error


def _index() -> dict[str, Any]:
    return {"IndexName": ROOM_INDEX, "KeySchema": _key(INDEX_KEY), "Projection": {"ProjectionType": PROJECTION}}


def _key(schema: dict[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": attribute, "KeyType": role} for role, attribute in schema.items()]


def _texts(*attributes: str) -> list[dict[str, str]]:
    return [{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes]
