"""Applies changes to the target so that any order and repetition ends with what the source has.

1. An INSERT of an immutable comment is written with its own time (protocol T3), as the live mirror and the backfill
   write it, and looked at once. If it shows, that is all.
2. Everything else is settled by key: stamps are reserved first, then the source is read strongly, then what it has is
   written with the stamp, or a tombstone where it has nothing. A stamp reserved before the last change of a key is
   lower than the one with which that change is settled, and a look after it sees it: so the newest stamp always
   carries the newest state, whichever worker was stopped, repeated a page, or came late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from chat.clock import wall_us
from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import from_item
from chat.conf import Role, env
from chat.data import Comment, StoreId
from chat.exceptions import StoreRefused
from chat.stores.base import StampedStore
from chat.stores.dynamodb.keys import read_keys
from chat.stores.registry import open_store
from migration.apply.changeclock import reserve
from migration.apply.writer import write_many
from migration.backfill.scanning import worker_calls
from migration.enums import QuarantineState
from migration.models import QuarantinedItem
from migration.quarantine.items import key_of, quarantine
from migration.stream.changes import Change, Item, Key, key_of_image, spellings

Alive = Callable[[], None]
Fault = tuple[Item, MappingFault]


@dataclass(frozen=True, slots=True)
class Applied:
    applied: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the source has for some rows, read strongly. `hidden`: items whose row a shorter spelling has (protocol C4).
    `fixed`: rows that an operator made of an item in quarantine."""

    wanted: dict[Key, Comment] = field(default_factory=dict)
    hidden: list[Fault] = field(default_factory=list)
    fixed: set[Key] = field(default_factory=set)

    def leave_if_fixed(self, item: Item) -> None:
        name, time = item["name"]["S"], item["time"]["S"]
        key = key_of_image(item)
        mended = QuarantinedItem.objects.filter(key=key_of(name, time), state=QuarantineState.FIXED)
        if key is not None and mended.exists():
            self.fixed.add(key)


def apply(changes: Sequence[Change], *, target: StoreId, alive: Alive = lambda: None) -> Applied:
    """All are confirmed when this returns; safe to repeat, wholly or in part. `alive` raises when this worker may not
    go on. Raises `StoreError`s, `LostRace`."""
    store = _stamped(target)
    # A page may hold an item several times: then its order is settled by the source, not by equal stamps.
    often = _repeated(changes)
    fresh = [change.fresh for change in changes if change.fresh is not None and not change.keys & often]
    hidden = _write_fresh(store, fresh, alive)
    rest = {key for change in changes if change.fresh is None or change.keys & often for key in change.keys}
    # First: an item that was fixed and is another one now is opened again, and its row no longer spared below.
    quarantine([(change.item, change.fault) for change in changes if change.item and change.fault], run_id=None)
    quarantine(settle(rest | hidden, store, alive), run_id=None)
    unmapped = sum(change.fault is not None for change in changes)
    return Applied(applied=len(changes) - unmapped, quarantined=unmapped)


def settle(keys: Iterable[Key], store: StampedStore, alive: Alive = lambda: None) -> list[Fault]:
    """Makes the rows what the source has under these keys; the items that another spelling hides are returned."""
    ordered = sorted(keys)
    if not ordered:
        return []
    rows = [_row(key) for key in ordered]
    # Above the row's own time too: a backfill may write it with that a moment from now (protocol T4).
    above = max(max(row.time_us, store.written_us(row) or 0) for row in rows)
    # In one transaction with the lease: whoever claims the shard next gets higher stamps than this.
    with transaction.atomic():
        alive()
        stamps = reserve(len(rows), above_us=above)
    found = _of_source(ordered)
    for key, row, stamp in zip(ordered, rows, stamps, strict=True):
        comment = found.wanted.get(key)
        if comment is not None:
            store.replace(comment, stamp_us=stamp)
        elif key not in found.fixed:
            store.bury(row, stamp_us=stamp)
    return found.hidden


def _write_fresh(store: StampedStore, comments: list[Comment], alive: Alive) -> set[Key]:
    """The keys under which something else shows: a tombstone or a later write hides the comment."""
    if not comments:
        return set()
    write_many(store, comments, alive=alive)
    found = store.get_many(comments)
    return {_key(comment) for comment, there in zip(comments, found, strict=True) if there != comment}


def _of_source(keys: Sequence[Key]) -> Found:
    asked: list[Any] = [{"name": {"S": key[2]}, "time": {"S": text}} for key in keys for text in spellings(key)]
    items = sorted(read_keys(worker_calls(), env().dynamodb_table, asked), key=lambda item: len(item["time"]["S"]))
    found = Found()
    for item in items:
        try:
            comment = from_item(item, now_us=wall_us())
        except MappingFault:
            found.leave_if_fixed(item)
            continue
        first = found.wanted.setdefault(_key(comment), comment)
        if first is not comment:
            why = f"'{comment.time}' is the instant of '{first.time}', same name, same room"
            found.hidden.append((item, MappingFault(FaultCode.KEY_COLLISION, "time", why)))
    return found


def _repeated(changes: Sequence[Change]) -> set[Key]:
    seen: set[Key] = set()
    often: set[Key] = set()
    for change in changes:
        often |= seen & change.keys
        seen |= change.keys
    return often


def _stamped(target: StoreId) -> StampedStore:
    store = open_store(target, Role.WORKER)
    if not isinstance(store, StampedStore):
        raise StoreRefused(target, "a stream is applied to a CQL store only: its rows carry write timestamps")
    return store


def _key(comment: Comment) -> Key:
    return comment.room, comment.time_us, comment.name


def _row(key: Key) -> Comment:
    room, time_us, name = key
    return Comment(room, name, time_us, "")
