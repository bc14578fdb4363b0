"""How a drill ends: by compare-and-set, so that two processes that drive it end it once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.exceptions import LostRace
from migration.models import Drill, Route
from migration.transitions.legs import BACK, ON, legs_made, stands_where_it_stood


def judge(drilled: Drill, *, actor: str) -> Drill:
    """Passed only if both legs are done and the endpoint stands where it stood.

    Raises `LostRace` while another process is making a leg.
    """
    if legs_made(drilled).filter(finished_at=None).exists():
        raise LostRace(f"drill {drilled.pk} was taken on by another process: see `manage.py route status`")
    both = legs_made(drilled, BACK).exists() and legs_made(drilled, ON).exists()
    passed = both and stands_where_it_stood(drilled)
    return end(drilled, passed=passed, actor=actor, detail="" if passed else _who_came_between(drilled))


def _who_came_between(drilled: Drill) -> str:
    route = Route.objects.get(rollout=drilled.rollout_id, endpoint=drilled.endpoint)
    return f"another move came between: {route.endpoint} is in {route.phase}, at {route.ramp_percent} %"


def end_unbegun(drilled: Drill, *, actor: str, why: str) -> None:
    """Nothing where a leg was made after all: another process drives this drill."""
    with transaction.atomic():
        # First the lock, then the look: see `take_leg`.
        Drill.objects.filter(pk=drilled.pk, finished_at=None).update(finished_at=None)
        if not legs_made(drilled, BACK).exists():
            end(drilled, passed=False, actor=actor, detail=f"not begun: {why}")


def end(drilled: Drill, *, passed: bool, actor: str, detail: str) -> Drill:
    now = timezone.now()
    seconds = max(0.0, (now - drilled.started_at).total_seconds())
    with transaction.atomic():
        ended = Drill.objects.filter(pk=drilled.pk, finished_at=None).update(
            passed=passed, detail=detail, seconds=seconds, finished_at=now
        )
        if ended:
            action = "drill.passed" if passed else "drill.failed"
            record(actor=actor, action=action, subject=drilled.endpoint, reason=detail, after={"drill": drilled.pk})
    drilled.refresh_from_db()
    return drilled
