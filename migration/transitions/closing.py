"""Ends a transition: by compare-and-set on its step, so that exactly one process does."""

from __future__ import annotations

from django.db import connections, transaction
from django.utils import timezone

from migration.enums import Step
from migration.flags.wake import wake_holders
from migration.models import Rollout, Transition


def close(moving: Transition, *, before: Step, after: Step, detail: str = "") -> bool:
    """False when another process had ended it, or taken it on, already."""
    with transaction.atomic():
        changed = Transition.objects.filter(pk=moving.pk, step=before).update(step=after)
        if changed:
            finish(moving, detail)
    moving.refresh_from_db()
    return bool(changed)


def drop_busy_connection(error: BaseException) -> None:
    """An interrupt may come in the middle of a statement. psycopg then takes no other one on that connection: the next
    use opens a new one. Call outside a transaction, before what has to be cleared up."""
    if not isinstance(error, Exception):
        connections["default"].close()


def finish(moving: Transition, detail: str) -> None:
    """Call in the transaction that makes the last step, or a crash leaves holders polling as if it went on."""
    Transition.objects.filter(pk=moving.pk).update(detail=detail, finished_at=timezone.now())
    Rollout.objects.filter(pk=moving.rollout_id).update(moving=False)
    transaction.on_commit(wake_holders)
