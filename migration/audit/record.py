"""Writes audit events."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from migration.audit.chain import digest_of, keepable, plain
from migration.exceptions import AuditBroken
from migration.models import AuditEvent, AuditHead


def record(
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Call inside the transaction that makes the change, so that neither exists without the other, and as its last
    step but for rows the transaction holds already: everybody who records waits for the head from here to the commit.

    Raises `AuditBroken` if the head of the chain is gone.
    """
    event = AuditEvent(
        actor=keepable(actor),
        action=action,
        subject=keepable(subject),
        reason=keepable(reason),
        before=plain(before or {}),
        after=plain(after or {}),
    )
    with transaction.atomic():
        event.previous = _lock_head()
        event.digest = digest_of(event)
        event.save(force_insert=True)
        AuditHead.objects.filter(pk=AuditHead.ONLY).update(digest=event.digest)
    return event


def _lock_head() -> str:
    """The newest digest. Counted first: the changed row is locked, so that two never follow the same event."""
    if not AuditHead.objects.filter(pk=AuditHead.ONLY).update(events=F("events") + 1):
        raise AuditBroken(
            "the head of the audit chain is gone, so nothing can be changed: restore the control database from a backup"
        )
    return AuditHead.objects.get(pk=AuditHead.ONLY).digest
