"""Gives an item of the quarantine a place in the target, with values or rules that a named person answers for.

1. What will be written is kept on the item, and in the audit with the item as it was (it stays open).
2. It is written, and read back, by the one writer (protocol C1, D2).
3. The item is fixed.

After a crash or an error between 1 and 3 the item shows a fix that is unfinished: the same fix again ends it, and no
other one is taken, nor a waiver, unless told so: its row may be in the target, or arrive there yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.stores.base import Store
from chat.stores.registry import open_store
from migration.apply.writer import write_verified
from migration.audit.record import record
from migration.enums import Kind, QuarantineState, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.flags.freeze import frozen
from migration.models import QuarantinedItem, Rollout, Route
from migration.models.debt import key_of as place_of
from migration.quarantine.contents import printable
from migration.quarantine.rules import AS_IN_SOURCE, Mending
from migration.quarantine.search import fixed_comment, is_unfinished
from migration.quarantine.taken import refuse_taken


def fix(row: QuarantinedItem, *, mending: Mending, actor: str, reason: str, again: bool = False) -> QuarantinedItem:
    """The item as it is then, `row` being as the operator saw it. `again` replaces a fix that was made or begun.

    Raises `Refused`, `LostRace` where somebody changed the item meanwhile, and `StoreError`s.
    """
    source, target = _stores()
    comment = _mended(row, mending, source)
    earlier = fixed_comment(row)
    _refuse(row, comment, earlier, again=again)
    if AS_IN_SOURCE not in mending.accepted:
        refuse_taken(comment, source=source, target=target, earlier=earlier)
    _begin(row, comment, mending, actor=actor, reason=reason)
    write_verified(target, comment)
    _end(row, comment, actor=actor, reason=reason)
    return row


def _stores() -> tuple[Store | None, Store]:
    """The source only while it takes writes: one that was given up may be gone."""
    rollout = Rollout.objects.filter(active=True).first()
    if rollout is None:
        raise Refused(["no rollout is under way, so nothing says where to write"])
    stopped = frozen()
    if stopped:
        raise Refused([stopped])
    written = not Route.objects.filter(rollout=rollout, kind=Kind.WRITE, write_flag=WriteFlag.TARGET).exists()
    source = open_store(StoreId(rollout.source), Role.WORKER) if written else None
    return source, open_store(StoreId(rollout.target), Role.WORKER)


def _mended(row: QuarantinedItem, mending: Mending, source: Store | None) -> Comment:
    item = mending.applied(json.loads(row.item))
    if AS_IN_SOURCE in mending.accepted:
        return _in_source(item.get("name", {}).get("S"), item, source)
    try:
        return from_item(item, now_us=wall_us(), ignored=mending.ignored)
    except MappingFault as fault:
        raise Refused([f"item {row.pk} cannot be written like that: {fault}"]) from fault


def _in_source(name: object, item: dict[str, dict[str, object]], source: Store | None) -> Comment:
    room, time = (item.get(attribute, {}).get("S") for attribute in ("chat_room", "time"))
    if source is None or not (isinstance(name, str) and isinstance(room, str) and isinstance(time, str)):
        raise Refused(["the source cannot be asked: it is given up, or the item has no room (--set room=... names it)"])
    found = source.get(room, name, time)
    if found is None:
        raise Refused([f"{source.id} has no mappable item by {name!r} at {time} in {room!r}"])
    return found


def _refuse(row: QuarantinedItem, comment: Comment, earlier: Comment | None, *, again: bool) -> None:
    if row.state == QuarantineState.FIXED and not again:
        raise Refused([f"item {row.pk} is fixed already, by {row.settled_by}: `--again` replaces what was written"])
    if is_unfinished(row) and comment != earlier and not again:
        raise Refused(
            [
                f"{row.settled_by} began to fix item {row.pk} with other values, and may have written them: "
                "repeat that fix, or say `--again` once it has surely ended"
            ]
        )
    if earlier is not None and place_of(comment) != place_of(earlier):
        raise Refused(
            [
                f"item {row.pk} may be in the target already, at {earlier.time} in {earlier.room!r}: "
                "a new fix keeps that time and room"
            ]
        )


def _begin(row: QuarantinedItem, comment: Comment, mending: Mending, *, actor: str, reason: str) -> None:
    """Conditional on all that was looked at: a walk may have met another content, or somebody else begun a fix."""
    before = {"state": row.state, "fixed": row.fixed, "item": json.loads(row.item)}
    values = {
        "state": QuarantineState.OPEN,
        "fixed": json.dumps(asdict(comment)),
        "place": place_of(comment),
        "settled_by": printable(actor)[:150],
        "settled_reason": printable(reason),
        "settled_at": None,
    }
    try:
        with transaction.atomic():
            _change(row, values)
            record(
                actor=actor,
                action="quarantine.fix",
                subject=f"item {row.key}",
                reason=reason,
                before=before,
                after={"fixed": asdict(comment), "set": dict(mending.values), "accepted": list(mending.accepted)},
            )
    except IntegrityError as error:
        raise Refused([f"another item was fixed into {comment.room!r} at {comment.time}: set another time"]) from error


def _end(row: QuarantinedItem, comment: Comment, *, actor: str, reason: str) -> None:
    with transaction.atomic():
        _change(row, {"state": QuarantineState.FIXED, "settled_at": timezone.now()})
        record(
            actor=actor,
            action="quarantine.fixed",
            subject=f"item {row.key}",
            reason=reason,
            before={"state": QuarantineState.OPEN.value},
            after={"state": QuarantineState.FIXED.value, "fixed": asdict(comment)},
        )


def _change(row: QuarantinedItem, values: Mapping[str, object]) -> None:
    """Where the row is as it was seen; then `row` is as it is now. Raises `LostRace`."""
    seen = QuarantinedItem.objects.filter(
        pk=row.pk,
        state=row.state,
        digest=row.digest,
        fixed=row.fixed,
        settled_at=row.settled_at,
    )
    if not seen.update(**values):
        raise LostRace(f"item {row.pk} was changed by somebody else, or met with another content: look again")
    row.refresh_from_db()
