"""Walks the chain of audit events and names the first that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from migration.audit.chain import digest_of
from migration.models import AuditEvent, AuditHead

PAGE = 1000
"""Events held in memory at a time."""


class Damage(StrEnum):
    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Break:
    """`event` is the id of the first event that does not fit; null when it is one that is not there any more."""

    damage: Damage
    event: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`events` were walked; `digest` is the last sound one's. Noted elsewhere, it proves this chain later."""

    events: int
    digest: str
    broken: Break | None


@dataclass(frozen=True, slots=True)
class Head:
    digest: str
    events: int


def head() -> Head | None:
    row = AuditHead.objects.filter(pk=AuditHead.ONLY).first()
    return Head(digest=row.digest, events=row.events) if row else None


def events(**wanted: object) -> Iterator[AuditEvent]:
    """In the order of the chain, in bounded memory."""
    return AuditEvent.objects.filter(**wanted).order_by("pk").iterator(chunk_size=PAGE)


def verify(*, walked: Callable[[int], None] = lambda count: None) -> Verdict:
    """`walked` is told of each event. Events recorded meanwhile are no damage."""
    before, last, count, at_head = head(), "", 0, None
    for event in events():
        if broken := _break_at(event, last):
            return Verdict(count, last, broken)
        last, count = event.digest or "", count + 1
        if before and count == before.events:
            at_head = event
        walked(1)
    return Verdict(count, last, _break_of_tail(before, head(), count, last) or _break_on_the_way(before, at_head))


def _break_at(event: AuditEvent, last: str) -> Break | None:
    if event.digest is None:
        return Break(Damage.INSERTED, event.pk, "it was never chained: something else than this program wrote it")
    if event.digest != digest_of(event):
        return Break(Damage.CHANGED, event.pk, "its fields do not give its digest")
    return None if event.previous == last else _break_before(event, last)


def _break_before(event: AuditEvent, last: str) -> Break:
    """The event is sound, but does not follow the one before it."""
    followed = AuditEvent.objects.filter(digest=event.previous, pk__lt=event.pk).first()
    if event.previous and followed is None:
        return Break(
            Damage.REMOVED, event.pk, "what it followed is not before it: removed, or rewritten with its digest"
        )
    between = AuditEvent.objects.filter(pk__gt=followed.pk if followed else 0).order_by("pk").first()
    number = between.pk if between else event.pk
    return Break(Damage.INSERTED, number, f"event {event.pk} follows the chain without it")


def _break_of_tail(before: Head | None, after: Head | None, count: int, last: str) -> Break | None:
    """`before` was read ahead of the walk and `after` behind it: the true head lies between them."""
    if before is None or after is None:
        return Break(Damage.CUT, None, "the head of the chain is gone, so nobody can tell where it should end")
    if count < before.events:
        return Break(Damage.CUT, None, f"the head counts {before.events} events, but only {count} are there")
    if count > after.events:
        return Break(Damage.INSERTED, _last_id(), f"the head counts {after.events} events, but {count} are there")
    if count == after.events and last != after.digest:
        return Break(Damage.CHANGED, _last_id(), "the last event is not the one the head of the chain names")
    return None


def _break_on_the_way(before: Head | None, event: AuditEvent | None) -> Break | None:
    """When the head moved during the walk, where it was before must lie on the way."""
    if event is None or before is None or event.digest == before.digest:
        return None
    return Break(Damage.CHANGED, event.pk, "it is not the event the head of the chain named")


def _last_id() -> int | None:
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
