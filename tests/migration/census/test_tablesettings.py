"""What a table says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from chat.conf import env
from chat.exceptions import StoreRefused
from migration.census.tablesettings import survey
from tests.migration.bed import Bed


@pytest.fixture
def provisioned(dynamodb: Any, settings: Settings) -> Iterator[str]:
    """A table as somebody else made it: provisioned, without an index, with a stream and an expiry."""
    name = f"t_{uuid4().hex[:12]}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("name", "time")],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}],
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    settings.ENV = env().model_copy(update={"dynamodb_table": name})
    yield name
    dynamodb.delete_table(TableName=name)


def test_the_sample_table(bed: Bed) -> None:
    found = survey()
    assert (found["table"], found["billing"], found["read_units"]) == (bed.ground.table, "PAY_PER_REQUEST", None)
    assert found["indexes"] == ["chat_room_time_idx"]
    assert found["ttl"] == {"enabled": False, "attribute": None}
    assert found["stream"] == {"enabled": False, "view": None}


def test_a_table_with_expiry_and_a_stream(provisioned: str) -> None:
    found = survey()
    assert (found["table"], found["read_units"], found["indexes"]) == (provisioned, 7, [])
    assert found["ttl"] == {"enabled": True, "attribute": "expires"}
    assert found["stream"] == {"enabled": True, "view": "NEW_IMAGE"}


def test_a_table_that_is_not_there_is_said(bed: Bed, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"dynamodb_table": "no_such_table"})
    with pytest.raises(StoreRefused):
        survey()
