"""The DynamoDB side of sync_schema: compare the table with the sample's, and make what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from chat.schema import dynamodb_table as api
from chat.schema.drift import Difference, Done, DriftKind, Survey, ignore
from chat.schema.dynamodb_table import ApiCall
from chat.stores.dynamodb.store import ROOM_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_OTHER_TABLE: Final = "it cannot be changed in place and we never drop it: point DYNAMODB_TABLE elsewhere"
_OTHER_INDEX: Final = "delete the index yourself when nothing reads it, then sync_schema makes it anew"


def survey(client: DynamoDBClient, *, table: str) -> Survey:
    """Compare the table with the sample's; changes nothing. Raises StoreUnavailable and StoreRefused."""
    differences = tuple(compare(table, api.describe(client, table)))
    return Survey(store=api.STORE, engine=client.meta.endpoint_url, notes=(), differences=differences)


def mend(
    client: DynamoDBClient, *, table: str, differences: Iterable[Difference], seconds: float, done: Done = ignore
) -> None:
    """Carry out what can be mended, telling `done` of each, then wait up to `seconds` until the table serves.

    Raises StoreUnavailable, StoreRefused, and StillBuilding when the wait was too short.
    """
    for difference in differences:
        if isinstance(difference.change, ApiCall):
            difference.change.send(client)
            done(difference)
    api.wait_until_active(client, table, seconds=seconds)


def compare(table: str, found: Any) -> Iterator[Difference]:
    """`found` is as DescribeTable tells it, or None without a table. Billing is the operator's choice."""
    if found is None:
        sentence = f"the table {table} does not exist"
        yield _difference(table, DriftKind.MISSING_TABLE, sentence, "create it", api.create_table(table))
        return
    if (there := _key(found)) != api.TABLE_KEY:
        sentence = f"the key of {table} is {_words(there)}, not {_words(api.TABLE_KEY)}"
        yield _difference(table, DriftKind.WRONG_KEY, sentence, _OTHER_TABLE)
    wrong_types = _wrong_types(found)
    for attribute, kind in wrong_types:
        sentence = f"the key attribute {attribute} of {table} is of type {kind}, not S"
        yield _difference(table, DriftKind.WRONG_TYPE, sentence, _OTHER_TABLE)
    yield from _compare_index(table, found, can_add=not wrong_types)
    for waiting in api.pending(found):
        yield _difference(table, DriftKind.NOT_READY, f"{waiting}, not ACTIVE", "wait, then run this again")


def _compare_index(table: str, found: Any, *, can_add: bool) -> Iterator[Difference]:
    index = next((i for i in found.get("GlobalSecondaryIndexes", []) if i["IndexName"] == ROOM_INDEX), None)
    if index is None:
        change = api.add_index(table, provisioned=_capacity(found)) if can_add else None
        todo = "add it; DynamoDB fills it in the background" if can_add else _OTHER_TABLE
        sentence = f"the table {table} has no index {ROOM_INDEX}"
        yield _difference(table, DriftKind.MISSING_INDEX, sentence, todo, change)
        return
    if (there := _key(index)) != api.INDEX_KEY:
        sentence = f"the key of the index {ROOM_INDEX} is {_words(there)}, not {_words(api.INDEX_KEY)}"
        yield _difference(table, DriftKind.WRONG_KEY, sentence, _OTHER_INDEX)
    if (projection := index["Projection"]["ProjectionType"]) != api.PROJECTION:
        sentence = f"the index {ROOM_INDEX} projects {projection}, not {api.PROJECTION}"
        yield _difference(table, DriftKind.WRONG_PROJECTION, sentence, _OTHER_INDEX)


def _difference(table: str, kind: DriftKind, sentence: str, todo: str, change: ApiCall | None = None) -> Difference:
    return Difference(store=api.STORE, subject=table, kind=kind, sentence=sentence, todo=todo, change=change)


def _key(described: Any) -> dict[str, str]:
    return {part["KeyType"]: part["AttributeName"] for part in described["KeySchema"]}


def _words(key: dict[str, str]) -> str:
    return f"({', '.join(key.values())})"


def _wrong_types(found: Any) -> list[tuple[str, str]]:
    """Key attributes of ours that are not texts. DynamoDB defines the types of key attributes only."""
    ours = {*api.TABLE_KEY.values(), *api.INDEX_KEY.values()}
    defined = [(d["AttributeName"], d["AttributeType"]) for d in found["AttributeDefinitions"]]
    return [(attribute, kind) for attribute, kind in defined if attribute in ours and kind != "S"]


def _capacity(found: Any) -> dict[str, int] | None:
    """The capacity of a provisioned table; one billed on demand leaves it out or says zero."""
    capacity = found.get("ProvisionedThroughput", {})
    units = {name: capacity.get(name, 0) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return units if all(units.values()) else None
