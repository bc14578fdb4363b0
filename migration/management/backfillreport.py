"""How a backfill looks on the terminal and as JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from migration.enums import RunState, Way
from migration.management.tables import table
from migration.models import QuarantinedItem, Run, StoreState
from migration.segments.progress import Progress, progress
from migration.segments.slowness import slowness
from migration.segments.steering import LIMITS

FIELDS = ("number", "label", "state", "read", "written", "quarantined", "skipped", "attempts", "error")


def as_json(run: Run, *, each: bool) -> dict[str, Any]:
    found = {
        "run": run.pk,
        "way": run.way,
        "state": run.state,
        "error": run.error,
        "slow_because": slowness(run),
        "limits": {name: getattr(run, name) for name in LIMITS},
        "reasons": reasons(run),
    } | progress(run).as_json()
    return found | ({"each_segment": _segments(run)} if each else {})


def as_text(run: Run, *, each: bool) -> str:
    now, slow = progress(run), slowness(run)
    kept = ", ".join(f"{code} {count}" for code, count in reasons(run).items())
    limits = ", ".join(f"{getattr(run, name)} {name.replace('_', ' ')}" for name in LIMITS if getattr(run, name))
    rows = [[segment[name] for name in FIELDS] for segment in _segments(run)] if each else []
    lines = [
        f"Backfill {run.pk} from {run.source} to {run.target}: {run.state}",
        f"  {now.accounts} ({'balanced' if now.balanced else 'NOT BALANCED'})",
        f"  {now.seconds:.1f} s, {now.rows_per_s:.0f} items/s, segments {_states(now.segments)}",
        *([f"  {_ahead(run, now)}"] if run.state == RunState.RUNNING else []),
        *([f"  limited to {limits}"] if limits else []),
        *([f"  slow: {slow}"] if slow else []),
        *([f"  in quarantine: {kept}"] if kept else []),
        *([f"  {run.error}"] if run.error else []),
        *([f"  {next_step(run)}"] if next_step(run) else []),
        *(["", table([name.upper() for name in FIELDS], rows)] if rows else []),
    ]
    return "\n".join(lines)


def line(run: Run) -> str:
    now, slow = progress(run), slowness(run)
    text = f"  {now.read} items read ({_share(run, now)}), {now.rows_per_s:.0f} items/s, time left {_left(now)}"
    return f"{text} ({slow})" if slow else text


def next_step(run: Run) -> str:
    """A source that was filled up again serves only after parity has seen everything (protocol F2)."""
    if run.way != Way.REVERSE or run.state != RunState.DONE:
        return ""
    if StoreState.objects.filter(rollout__active=True, store=run.target, complete=True).exists():
        return ""
    return f"{run.target} is not complete yet: `manage.py parity run` over all rooms must find no difference first"


def reasons(run: Run) -> dict[str, int]:
    counted = QuarantinedItem.objects.filter(run=run).values_list("code").annotate(Count("pk"))
    return dict(counted.order_by("code"))


def _ahead(run: Run, now: Progress) -> str:
    return f"{_share(run, now)} of what the table's statistics promise, time left {_left(now)}"


def _share(run: Run, now: Progress) -> str:
    return f"{100 * now.read / run.expected:.0f} %" if run.expected else "?"


def _left(now: Progress) -> str:
    return "unknown" if now.eta_seconds is None else f"{now.eta_seconds:.0f} s"


def _states(segments: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in segments.items() if count)


def _segments(run: Run) -> list[dict[str, Any]]:
    return list(run.segments.order_by("number").values(*FIELDS))
