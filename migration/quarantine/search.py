"""Finds items the way an operator names them."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Count, QuerySet

from chat.data import Comment
from migration.enums import QuarantineState
from migration.exceptions import Refused
from migration.models import QuarantinedItem
from migration.models.debt import key_of as place_of
from migration.quarantine.contents import key_of, printable


def named(key: str) -> QuarantinedItem:
    """The item of an id, of 32 hexadecimal digits, or of `NAME@TIME`, both as printed. Raises `Refused`."""
    for found in (_by_id(key), QuarantinedItem.objects.filter(key=printable(key)), _by_name_and_time(key)):
        rows = list(found[:2])
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise Refused([f"{key!r} is printed for more than one item: name it by its id, see `quarantine list`"])
    raise Refused([f"nothing in quarantine is known as {key!r}: give an id, 32 digits or NAME@TIME"])


def chosen(*, code: str = "", state: str = "") -> QuerySet[QuarantinedItem]:
    """In the order they were kept; all of them where nothing is asked for."""
    rows = QuarantinedItem.objects.order_by("pk")
    rows = rows.filter(code=code) if code else rows
    return rows.filter(state=state) if state else rows


def counted() -> list[dict[str, Any]]:
    """How many items, by reason and state."""
    rows = QuarantinedItem.objects.values("code", "state").annotate(items=Count("pk"))
    return [dict(row) for row in rows.order_by("code", "state")]


def put_by_a_fix(comment: Comment) -> bool:
    """Whether the target has exactly this comment because an operator wanted it: the source has another item."""
    row = QuarantinedItem.objects.filter(place=place_of(comment), state=QuarantineState.FIXED).first()
    return row is not None and fixed_comment(row) == comment


def fixed_comment(row: QuarantinedItem) -> Comment | None:
    """What the last fix wrote, or was about to write."""
    return Comment(**json.loads(row.fixed)) if row.fixed else None


def is_unfinished(row: QuarantinedItem) -> bool:
    """A fix was begun, and nobody knows whether the target has it."""
    return bool(row.fixed) and row.state == QuarantineState.OPEN and row.settled_at is None


def _by_id(key: str) -> QuerySet[QuarantinedItem]:
    # 18 digits fit the column; whatever is longer can only be a name or a key.
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return QuarantinedItem.objects.none()
    return QuarantinedItem.objects.filter(pk=int(key))


def _by_name_and_time(key: str) -> QuerySet[QuarantinedItem]:
    name, at, time = key.rpartition("@")
    if not at:
        return QuarantinedItem.objects.none()
    exact = QuarantinedItem.objects.filter(key=key_of(name, time))
    return exact if exact.exists() else QuarantinedItem.objects.filter(name=printable(name), time=printable(time))
