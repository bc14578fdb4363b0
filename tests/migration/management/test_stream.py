"""`manage.py stream`: enable, follow, tell how far behind it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from chat.codec.items import to_item
from chat.conf import env
from chat.data import Comment
from migration.models import AuditEvent, Shard, Stream
from migration.stream.lineage import declare_gap
from tests import engines
from tests.migration.bed import OLD_US, Bed, run
from tests.migration.vectors import rollout

__all__ = ["rollout"]

POSTED = Comment("chat", "ann", OLD_US + 123_457, "hi")


@pytest.fixture
def table(bed: Bed, rollout: Any, settings: Settings) -> Iterator[str]:
    with engines.dynamodb_table() as name:
        settings.ENV = env().model_copy(update={"dynamodb_table": name})
        yield name


@pytest.mark.usefixtures("table")
def test_enabling_switches_the_stream_on_once_and_is_audited(bed: Bed, table: str) -> None:
    first = run("stream", "enable", "--actor", "ada", "--reason", "a test", "--json")
    again = run("stream", "enable", "--json")
    spec = bed.ground.client.describe_table(TableName=table)["Table"]["StreamSpecification"]
    assert spec == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert (first.code, again.code) == (0, 0)
    assert first.json["arn"] == again.json["arn"] == Stream.objects.get().arn
    events = AuditEvent.objects.filter(action="stream.enable")
    assert [(event.actor, event.reason) for event in events] == [("ada", "a test")]


def test_a_stream_without_both_images_is_refused(bed: Bed, table: str) -> None:
    spec = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    bed.ground.client.update_table(TableName=table, StreamSpecification=spec)
    outcome = run("stream", "enable")
    assert (outcome.code, "KEYS_ONLY" in outcome.error) == (1, True)
    assert not Stream.objects.exists()


def test_run_applies_and_status_tells_it(bed: Bed, table: str) -> None:
    run("stream", "enable")
    bed.ground.client.put_item(TableName=table, Item=to_item(POSTED))
    waiting = run("stream", "status", "--count", "--json")
    assert (waiting.json["records"], waiting.json["records_exact"]) == (1, True)
    done = run("stream", "run", "--seconds", "0.3", "--json")
    assert done.code == 0
    assert bed.rows() == {POSTED}
    told = run("stream", "status", "--json").json
    assert (told["level"], told["read"], told["applied"], told["shards"]["pending"]) == ("ok", 1, 1, 1)


@pytest.mark.usefixtures("table")
def test_before_it_is_enabled_the_operator_is_told_how() -> None:
    for verb in ("status", "run"):
        outcome = run("stream", verb)
        assert (outcome.code, "manage.py stream enable" in outcome.error) == (1, True)


@pytest.mark.usefixtures("table")
def test_status_alarms_when_nobody_reads_and_when_changes_are_lost() -> None:
    run("stream", "enable")
    Shard.objects.update(handled_to=Stream.objects.get().enabled_at - timedelta(hours=2))
    late = run("stream", "status", "--json")
    assert (late.code, late.json["level"], "start a worker" in late.error) == (1, "alarm", True)
    declare_gap(Stream.objects.get(), "shard 7 was trimmed")
    lost = run("stream", "status", "--json")
    assert (lost.code, lost.json["gap"]) == (1, "shard 7 was trimmed: a backfill is needed")
    assert "manage.py backfill start" in lost.error


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_a_bad_time_is_a_usage_error(control: Any, seconds: str) -> None:
    outcome = run("stream", "run", "--seconds", seconds)
    assert seconds in outcome.error
