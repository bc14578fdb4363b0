"""Calls of the DynamoDB Streams API, their errors translated."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chat.conf import Role, deadlines, env
from chat.data import StoreId
from chat.stores.dynamodb.errors import CLIENT_ERRORS, Failure, failure_of, refused, unavailable

PAGE_RECORDS = 200
"""Few enough that a page is written well within the second its flags may be pinned (protocol F4)."""

Record = dict[str, Any]
ShardSpec = dict[str, Any]


class IteratorExpired(Exception):
    """Older than 15 minutes: open another one from the checkpoint."""


class Trimmed(Exception):
    """Records after the checkpoint are gone for good: they were older than 24 hours."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """`next` is None when the shard is closed and read to its end."""

    records: list[Record]
    next: str | None


def shards_of(arn: str) -> list[ShardSpec]:
    """Every shard that is listed, in no order. Raises `StoreError`s."""
    return list(_listed(arn))


def iterator(arn: str, shard_id: str, *, after: str) -> str:
    """From the record after that sequence number; from the oldest where it is empty. Raises `Trimmed`."""
    start: Any = {"ShardIteratorType": "TRIM_HORIZON"}
    if after:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
    answer = _call(lambda client: client.get_shard_iterator(StreamArn=arn, ShardId=shard_id, **start))
    found: str = answer["ShardIterator"]
    return found


def page(shard_iterator: str, *, limit: int = PAGE_RECORDS) -> RecordPage:
    """An empty page in the middle is normal. Raises `IteratorExpired`, `Trimmed`, `StoreError`s."""
    answer = _call(lambda client: client.get_records(ShardIterator=shard_iterator, Limit=limit))
    return RecordPage(records=answer["Records"], next=answer.get("NextShardIterator"))


def _listed(arn: str) -> Iterator[ShardSpec]:
    start: dict[str, str] = {}
    while True:
        request = {"StreamArn": arn, **start}
        described = _call(lambda client, request=request: client.describe_stream(**request))["StreamDescription"]
        yield from described["Shards"]
        last = described.get("LastEvaluatedShardId")
        if not last:
            return
        start = {"ExclusiveStartShardId": last}


def _call(call: Callable[..., Any]) -> Any:
    try:
        return call(_client(os.getpid(), env().dynamodb_endpoint_url))
    except CLIENT_ERRORS as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code == "ExpiredIteratorException":
            raise IteratorExpired from error
        if code == "TrimmedDataAccessException":
            raise Trimmed(str(error)) from error
        # Reading changes nothing: an answer that was lost is asked for again.
        make = refused if failure_of(error) is Failure.REFUSED else unavailable
        raise make(StoreId.DYNAMODB, error) from error


@cache
def _client(process: int, endpoint_url: str | None) -> Any:
    """`process` keeps a fork from sharing its parent's sockets."""
    limits = deadlines(Role.WORKER)
    config = Config(
        connect_timeout=limits.connect,
        read_timeout=limits.request,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    return boto3.session.Session().client(
        "dynamodbstreams", endpoint_url=endpoint_url, region_name=env().aws_region, config=config
    )
