"""When a run is over, and the locks under which it is closed."""

from __future__ import annotations

from migration.enums import RunState, SegmentState
from migration.models import Rollout, Run, StoreState

ENDED = {SegmentState.DONE, SegmentState.FAILED}


def is_over(run: Run) -> bool:
    """Running, and no segment of it is left."""
    return run.state == RunState.RUNNING and set(run.segments.values_list("state", flat=True)) <= ENDED


def lock_for_ending(run_id: int) -> Run:
    """Call in the transaction that closes it, and look again whether it is over.

    The rollout, its stores, the run: flips and declared deaths lock in this order too. Beginning with the run, its end
    and a death declared at that moment would pass each other, and a store be complete that was just voided.
    """
    rollout = Rollout.objects.select_for_update().get(active=True)
    list(StoreState.objects.select_for_update().filter(rollout=rollout).order_by("pk"))
    return Run.objects.select_for_update().get(pk=run_id)
