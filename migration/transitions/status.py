"""Where everything stands, as one value for the command and the console."""

from __future__ import annotations

from typing import Any

from migration.enums import HolderState
from migration.ledger.entries import UNPAID
from migration.models import Debt, Holder, Route, StoreState, Transition
from migration.transitions.planning import active_rollout


def status() -> dict[str, Any]:
    """{rollout, source, target, epoch, complete, unpaid, endpoints [...], holders [...], transition | None}."""
    rollout = active_rollout()
    return {
        "rollout": rollout.name,
        "source": rollout.source,
        "target": rollout.target,
        "epoch": rollout.epoch,
        "complete": {s.store: s.complete for s in StoreState.objects.filter(rollout=rollout).order_by("pk")},
        "unpaid": Debt.objects.filter(state__in=UNPAID).count(),
        "endpoints": [_endpoint(route) for route in Route.objects.filter(rollout=rollout).order_by("pk")],
        "holders": [_holder(h) for h in Holder.objects.filter(state=HolderState.LIVE).order_by("pk")],
        "transition": _transition(Transition.objects.filter(rollout=rollout).order_by("-pk").first()),
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


def _transition(last: Transition | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {
        "id": last.pk,
        "endpoint": last.endpoint,
        "verb": last.verb,
        "from": last.from_phase,
        "to": last.to_phase,
        "percent": last.percent,
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
