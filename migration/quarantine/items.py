"""Puts items into quarantine, and knows those it has met before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from chat.codec.faults import MappingFault
from migration.audit.record import record
from migration.enums import QuarantineState
from migration.models import QuarantinedItem
from migration.quarantine.contents import digest_of, key_of, plain, printable, spelled

__all__ = ["key_of", "plain", "printable", "quarantine"]

log = structlog.get_logger(__name__)

CONTENT = ("code", "detail", "item", "digest", "run", "seen_at")


def quarantine(faults: Iterable[tuple[dict[str, Any], MappingFault]], *, run_id: int | None) -> None:
    """One row per source key, however often a walk meets it: running a backfill twice changes nothing but when it was
    seen. What was fixed or waived stays so, unless the source's item is another one by now: then it is opened again,
    and the audit keeps what it was."""
    met = {row.key: row for row in (_row(item, fault, run_id) for item, fault in faults)}
    if not met:
        return
    with transaction.atomic():
        # In the order of their keys, so that two walks that meet the same items wait for each other, not in a circle.
        known = list(QuarantinedItem.objects.select_for_update().filter(key__in=met).order_by("key"))
        _seen_again([row for row in known if _is_same(row, met[row.key])], run_id)
        _insert([met[key] for key in met.keys() - {row.key for row in known}])
        for row in known:
            if not _is_same(row, met[row.key]):
                _replace(row, met[row.key])


def _row(item: dict[str, Any], fault: MappingFault, run_id: int | None) -> QuarantinedItem:
    name, time = spelled(item, "name"), spelled(item, "time")
    return QuarantinedItem(
        name=printable(name),
        time=printable(time),
        key=key_of(name, time),
        code=fault.code,
        detail=printable(str(fault)),
        item=json.dumps(plain(item)),
        digest=digest_of(item),
        run_id=run_id,
        seen_at=timezone.now(),
    )


def _is_same(row: QuarantinedItem, new: QuarantinedItem) -> bool:
    # Rows from before there were digests have none.
    return new.digest == (row.digest or digest_of(json.loads(row.item)))


def _seen_again(rows: list[QuarantinedItem], run_id: int | None) -> None:
    """The run too: what a run reports in quarantine is what it met."""
    pks = [row.pk for row in rows]
    QuarantinedItem.objects.filter(pk__in=pks).update(run=run_id, seen_at=timezone.now())


def _insert(rows: list[QuarantinedItem]) -> None:
    """Another walk may insert the same key at the same moment: then the later content stays."""
    QuarantinedItem.objects.bulk_create(
        sorted(rows, key=lambda row: row.key), update_conflicts=True, unique_fields=["key"], update_fields=CONTENT
    )


def _replace(row: QuarantinedItem, new: QuarantinedItem) -> None:
    """The values of a fix stay on the row: the target has them, and the next fix must know where."""
    before = {"state": row.state, "code": row.code, "item": json.loads(row.item)}
    for field in CONTENT:
        setattr(row, field, getattr(new, field))
    opened = row.state != QuarantineState.OPEN
    row.state = QuarantineState.OPEN
    row.save(update_fields=[*CONTENT, "state"])
    record(
        actor=f"run {row.run_id}" if row.run_id else "a walk",
        action="quarantine.reopen" if opened else "quarantine.change",
        subject=f"item {row.key}",
        reason="the source's item is another one now",
        before=before,
        after={"state": row.state, "code": row.code},
    )
    if opened:
        log.warning("quarantine_reopened", item=row.key, name=row.name, time=row.time, was=before["state"])
