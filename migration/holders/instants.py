"""The one clock that two machines may compare: the control database's own (protocol T7)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models.functions import Now

from migration.models import Rollout


def database_now() -> datetime:
    """UTC. This process's own clock where there is no row to ask with: then there is nothing to compare either."""
    now: datetime | None = Rollout.objects.annotate(now=Now()).values_list("now", flat=True).first()
    return now or datetime.now(UTC)
