"""Writes audit events."""

from __future__ import annotations

from typing import Any

from migration.models import AuditEvent


def record(
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Call inside the transaction that makes the change, so that neither exists without the other."""
    return AuditEvent.objects.create(
        actor=actor, action=action, subject=subject, reason=reason, before=before or {}, after=after or {}
    )
