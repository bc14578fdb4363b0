"""Switches the source table's stream on, and keeps which one is tailed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from chat.conf import env
from chat.schema.dynamodb_table import describe, typed_errors
from migration.audit.record import record
from migration.backfill.scanning import worker_calls
from migration.exceptions import Refused
from migration.models import Stream
from migration.stream.lineage import learn_shards

VIEW = "NEW_AND_OLD_IMAGES"
"""An old image tells which row an item left when its room was changed."""


def enable(*, actor: str, reason: str = "") -> Stream:
    """Safe to repeat. Raises `Refused` where a stream of another view is on, or there is no table; `StoreError`s."""
    table = _described()
    if not _spec(table).get("StreamEnabled"):
        table = _switch_on()
    if (view := _spec(table).get("StreamViewType")) != VIEW:
        raise Refused([f"the stream of {env().dynamodb_table} shows {view}: disable it, then enable it here ({VIEW})"])
    stream = _keep(table["LatestStreamArn"], actor=actor, reason=reason)
    learn_shards(stream)
    return stream


def current() -> Stream:
    """Raises `Refused` before the first `enable`."""
    stream = Stream.objects.filter(active=True).first()
    if stream is None:
        raise Refused(["no stream is tailed yet: `manage.py stream enable`"])
    return stream


@transaction.atomic
def _keep(arn: str, *, actor: str, reason: str) -> Stream:
    known = Stream.objects.filter(arn=arn, active=True).first()
    if known is not None:
        return known
    Stream.objects.filter(active=True).update(active=False)
    stream, _ = Stream.objects.update_or_create(
        arn=arn, defaults={"active": True, "source_table": env().dynamodb_table}
    )
    record(actor=actor, action="stream.enable", subject=arn, reason=reason, after={"view": VIEW})
    return stream


def _described() -> Any:
    table = worker_calls().read(lambda client: describe(client, env().dynamodb_table))
    if table is None:
        raise Refused([f"the table {env().dynamodb_table} does not exist: `manage.py sync_schema`"])
    return table


def _switch_on() -> Any:
    spec: Any = {"StreamEnabled": True, "StreamViewType": VIEW}

    def update(client: Any) -> Any:
        with typed_errors():
            return client.update_table(TableName=env().dynamodb_table, StreamSpecification=spec)

    worker_calls().once(update)
    return _described()


def _spec(table: Any) -> dict[str, Any]:
    found: dict[str, Any] = table.get("StreamSpecification", {})
    return found
