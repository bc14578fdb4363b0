"""The one switch that stops transitions and background work, as whoever must stop looks at it."""

from __future__ import annotations

from migration.models import Rollout


def frozen() -> str | None:
    """Who froze the rollout and why, as a sentence with the way out; None when nothing is frozen."""
    rollout = Rollout.objects.filter(active=True, frozen=True).first()
    if rollout is None:
        return None
    return f"the rollout is frozen by {rollout.frozen_by}: {rollout.frozen_reason}; end it with `manage.py route thaw`"
