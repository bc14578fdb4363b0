"""Both real stores as a test fills them, by statements of its own: nothing is shared with the checker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cassandra.cluster import Cluster, NoHostAvailable, Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TypedItem = Mapping[str, Mapping[str, Any]]
KEYS: Any = [{"AttributeName": "name", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}]
ATTRIBUTES: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("name", "time", "chat_room")]
INDEXES: Any = [
    {
        "IndexName": "chat_room_time_idx",
        "KeySchema": [
            {"AttributeName": "chat_room", "KeyType": "HASH"},
            {"AttributeName": "time", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
]
CQL_TABLE = """CREATE TABLE {keyspace}.chat_by_room (chat_room text, time_us bigint, name text, comment text,
    time_raw text, PRIMARY KEY ((chat_room), time_us, name))
    WITH CLUSTERING ORDER BY (time_us DESC, name ASC)"""
REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 1}"


@dataclass(frozen=True)
class RealStores:
    """`environ` is what a process needs to find this table and keyspace."""

    environ: dict[str, str]
    dynamodb: DynamoDBClient
    session: Session

    @property
    def table(self) -> str:
        return self.environ["DYNAMODB_TABLE"]

    @property
    def keyspace(self) -> str:
        return self.environ["KEYSPACE"]

    def create(self) -> None:
        self._create_table()
        self.session.execute(f"CREATE KEYSPACE {self.keyspace} WITH replication = {REPLICATION}")
        self.session.execute(CQL_TABLE.format(keyspace=self.keyspace))

    def empty(self) -> None:
        self.dynamodb.delete_table(TableName=self.table)
        self._create_table()
        self.session.execute(f"TRUNCATE {self.keyspace}.chat_by_room")

    def drop(self) -> None:
        self.dynamodb.delete_table(TableName=self.table)
        self.session.execute(f"DROP KEYSPACE {self.keyspace}")

    def put_item(self, item: TypedItem) -> None:
        self.dynamodb.put_item(TableName=self.table, Item=cast("Any", item))

    def get_item(self, name: str, time: str) -> Any:
        """The item as stored, None without one."""
        key: Any = {"name": {"S": name}, "time": {"S": time}}
        answer = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def put_row(self, room: str, time_us: int, name: str, comment: str, time_raw: str | None = None) -> None:
        """As the service writes: stamped with the row's own time (protocol T3)."""
        columns = "chat_room, time_us, name, comment" + (", time_raw" if time_raw else "")
        values = [room, time_us, name, comment, *([time_raw] if time_raw else [])]
        marks = ", ".join(["%s"] * len(values))
        statement = f"INSERT INTO {self.keyspace}.chat_by_room ({columns}) VALUES ({marks})"
        self.session.execute(f"{statement} USING TIMESTAMP {time_us}", values)

    def rows(self) -> list[tuple[Any, ...]]:
        """(room, time_us, name, comment, time_raw) of all rows, sorted by room, time and name."""
        statement = f"SELECT chat_room, time_us, name, comment, time_raw FROM {self.keyspace}.chat_by_room"
        return sorted(tuple(row) for row in self.session.execute(statement))

    def _create_table(self) -> None:
        self.dynamodb.create_table(
            TableName=self.table,
            KeySchema=KEYS,
            AttributeDefinitions=ATTRIBUTES,
            GlobalSecondaryIndexes=INDEXES,
            BillingMode="PAY_PER_REQUEST",
        )


@contextmanager
def open_stores(environ: dict[str, str]) -> Iterator[RealStores]:
    """Connect, create, and drop at the end; fails the test at hand if an engine does not answer."""
    cluster = Cluster(environ["SCYLLA_CONTACT_POINTS"].split(","), port=int(environ["SCYLLA_PORT"]), protocol_version=4)
    try:
        stores = RealStores(environ, _dynamodb_client(environ), cluster.connect())
        stores.create()
    except (NoHostAvailable, BotoCoreError, ClientError) as error:
        cluster.shutdown()
        pytest.fail(f"an engine is missing, start it with `python -m devstack up`: {error}")
    try:
        yield stores
    finally:
        stores.drop()
        cluster.shutdown()


def _dynamodb_client(environ: Mapping[str, str]) -> DynamoDBClient:
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=environ["DYNAMODB_ENDPOINT_URL"],
        region_name=environ["AWS_DEFAULT_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        config=Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}),
    )
    return client
