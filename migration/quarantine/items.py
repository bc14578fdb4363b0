"""Puts items into quarantine."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from django.utils import timezone

from chat.codec.faults import MappingFault
from migration.models import QuarantinedItem


def quarantine(faults: Iterable[tuple[dict[str, Any], MappingFault]], *, run_id: int | None) -> None:
    """One row per source key, however often a walk meets it: running a backfill twice changes nothing."""
    rows = [_row(item, fault, run_id) for item, fault in faults]
    QuarantinedItem.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["code", "detail", "item", "run", "seen_at"],
    )


def _row(item: dict[str, Any], fault: MappingFault, run_id: int | None) -> QuarantinedItem:
    name, time = item["name"]["S"], item["time"]["S"]
    return QuarantinedItem(
        name=printable(name),
        time=printable(time),
        key=key_of(name, time),
        code=fault.code,
        detail=printable(str(fault)),
        item=json.dumps(plain(item)),
        run_id=run_id,
        seen_at=timezone.now(),
    )


def printable(text: str) -> str:
    """As any database can hold it."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def key_of(name: str, time: str) -> str:
    """32 hexadecimal digits that name one source item."""
    spelled = f"{len(name)}:{name}{time}".encode("utf-8", "surrogatepass")
    return blake2b(spelled, digest_size=16).hexdigest()


def plain(value: Any) -> Any:
    """DynamoDB JSON as JSON can hold it: binary as base64, like the service's own exports."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value
