"""Where everything stands, as one value for the command and the console."""

from __future__ import annotations

from typing import Any

from migration.enums import HolderState, Kind, Step
from migration.ledger.entries import UNPAID
from migration.models import Debt, Drill, Holder, Rollout, Route, StoreState, Transition
from migration.transitions.behind import behind
from migration.transitions.planning import active_rollout
from migration.transitions.requested import waiting


def status() -> dict[str, Any]:
    """{rollout, source, target, epoch, frozen | None, complete, unpaid, endpoints [...], holders [...], missing [...],
    requests [...], drills [...] (unfinished), transition | None (the newest that has begun)}."""
    rollout = active_rollout()
    begun = Transition.objects.filter(rollout=rollout).exclude(step=Step.REQUESTED)
    last = begun.order_by("-pk").first()
    return {
        "rollout": rollout.name,
        "source": rollout.source,
        "target": rollout.target,
        "epoch": rollout.epoch,
        "frozen": _frozen(rollout),
        "complete": {s.store: s.complete for s in StoreState.objects.filter(rollout=rollout).order_by("pk")},
        "unpaid": Debt.objects.filter(state__in=UNPAID).count(),
        "endpoints": [_endpoint(route) for route in Route.objects.filter(rollout=rollout).order_by("pk")],
        "holders": [_holder(h) for h in Holder.objects.filter(state=HolderState.LIVE).order_by("pk")],
        "missing": [one.as_json() for one in behind(rollout.epoch)],
        "requests": [transition_json(one) for one in waiting()],
        "drills": [drill_json(one) for one in Drill.objects.filter(rollout=rollout, finished_at=None).order_by("pk")],
        "transition": None if last is None else transition_json(last),
    }


def _frozen(rollout: Rollout) -> dict[str, Any] | None:
    if not rollout.frozen:
        return None
    at = rollout.frozen_at.isoformat(timespec="seconds") if rollout.frozen_at else None
    return {"by": rollout.frozen_by, "reason": rollout.frozen_reason, "at": at}


def drill_json(drilled: Drill) -> dict[str, Any]:
    """`passed` is null while it is unfinished."""
    return {
        "id": drilled.pk,
        "endpoint": drilled.endpoint,
        "from": drilled.from_phase,
        "to": drilled.to_phase,
        "actor": drilled.actor,
        "passed": drilled.passed,
        "seconds": drilled.seconds,
        "detail": drilled.detail,
    }


def _endpoint(route: Route) -> dict[str, Any]:
    return {
        "endpoint": route.endpoint,
        "kind": route.kind,
        "phase": route.phase,
        "reads": route.read_flag,
        "writes": route.write_flag,
        "ramp_percent": route.ramp_percent,
        "shadow_percent": route.shadow_percent,
        "mirror_mode": route.mirror_mode if route.kind == Kind.WRITE else None,
        "enabled": route.enabled,
        "version": route.version,
    }


def _holder(holder: Holder) -> dict[str, Any]:
    return {
        "id": holder.pk,
        "kind": holder.kind,
        "pid": holder.pid,
        "slot": holder.slot,
        "epoch": holder.acked_epoch,
        "seen_at": holder.seen_at.isoformat(timespec="seconds"),
    }


def transition_json(last: Transition) -> dict[str, Any]:
    """Times are milliseconds, null where it did not come that far."""
    return {
        "id": last.pk,
        "endpoint": last.endpoint,
        "verb": last.verb,
        "from": last.from_phase,
        "to": last.to_phase,
        "percent": last.percent,
        "mirror_mode": last.mirror_mode or None,
        "actor": last.actor,
        "reason": last.reason,
        "requested_at": last.created_at.isoformat(timespec="seconds"),
        "approval_needed": last.approval_needed,
        "approved_by": last.approved_by,
        "drill": last.drill_id,
        "step": last.step,
        "outcome": outcome(last),
        "epoch": last.epoch,
        "holders": last.holders,
        "ack_ms": last.ack_ms,
        "hold_ms": last.hold_ms,
        "guards": last.guards,
        "detail": last.detail,
    }


def outcome(last: Transition) -> str:
    """done, refused, rolled_back or waiting, as the report of a rehearsal has it (contract.md)."""
    words = {"done": "done", "refused": "refused", "aborted": "refused"}
    word = words.get(last.step, "waiting")
    return "rolled_back" if word == "done" and last.verb == "rollback" else word
