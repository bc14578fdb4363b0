"""A named person leaves items behind: they stay in quarantine, whole, and block nothing any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.enums import QuarantineState
from migration.exceptions import Refused
from migration.models import QuarantinedItem
from migration.quarantine.contents import printable
from migration.quarantine.search import is_unfinished

AT_ONCE = 500
"""Items of one transaction, and of one audit event."""


def waive(rows: Sequence[QuarantinedItem], *, actor: str, reason: str) -> int:
    """All of these, or none. Raises `Refused`, naming each that is not open, or that a fix was begun of."""
    reasons = [why for row in rows if (why := _why_not(row))]
    if reasons:
        raise Refused(reasons)
    with transaction.atomic():
        waived = _waive([row.pk for row in rows], actor=actor, reason=reason)
        if waived < len({row.pk for row in rows}):
            raise Refused(["some were changed by somebody else at this moment: look at them and try again"])
    return waived


def waive_code(code: str, *, actor: str, reason: str) -> int:
    """Every open item that was kept for one reason, in transactions of bounded size: an interrupted one is repeated."""
    pks = QuarantinedItem.objects.filter(code=code, state=QuarantineState.OPEN).order_by("pk").values_list("pk")
    walk = (pk for (pk,) in list(pks))
    waived = 0
    while batch := list(islice(walk, AT_ONCE)):
        with transaction.atomic():
            waived += _waive(batch, actor=actor, reason=reason)
    return waived


def _waive(pks: Iterable[int], *, actor: str, reason: str) -> int:
    """Only what is open under the lock, and has no unfinished fix: its row may be in the target."""
    open_ones = QuarantinedItem.objects.select_for_update().filter(pk__in=pks, state=QuarantineState.OPEN)
    rows = [row for row in open_ones.order_by("key") if not is_unfinished(row)]
    if not rows:
        return 0
    QuarantinedItem.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=QuarantineState.WAIVED,
        settled_by=printable(actor)[:150],
        settled_reason=printable(reason),
        settled_at=timezone.now(),
    )
    record(
        actor=actor,
        action="quarantine.waive",
        subject=f"{len(rows)} items" if len(rows) > 1 else f"item {rows[0].key}",
        reason=reason,
        before={"state": QuarantineState.OPEN.value},
        after={"state": QuarantineState.WAIVED.value, "items": [[row.key, row.code, row.digest] for row in rows]},
    )
    return len(rows)


def _why_not(row: QuarantinedItem) -> str:
    if row.state != QuarantineState.OPEN:
        return f"item {row.pk} is {row.state} already, by {row.settled_by}"
    if is_unfinished(row):
        return f"a fix of item {row.pk} was begun by {row.settled_by} and may be in the target: repeat it first"
    return ""
