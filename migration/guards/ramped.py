"""Every enabled read is answered by the target alone before the target decides, or before a read leaves the source."""

from __future__ import annotations

from migration.enums import Kind, Phase
from migration.guards.answer import Answer, Move
from migration.models import Route


def ramped(move: Move) -> Answer:
    """Design section 6: writes cut over only when every enabled read serves 100 % from the target."""
    reads = [move.route] if move.kind is Kind.READ else _enabled_reads(move)
    short = [f"{read.endpoint} at {_percent(read)} %" for read in reads if _percent(read) < 100]
    if short:
        advice = "raise it with `manage.py route ramp ENDPOINT 100`"
        return Answer("ramped", ok=False, reason=f"not served by the target alone: {', '.join(short)}; {advice}")
    return Answer("ramped", ok=True, reason="every enabled read concerned is served by the target alone")


def _enabled_reads(move: Move) -> list[Route]:
    return list(Route.objects.filter(rollout=move.rollout, kind=Kind.READ, enabled=True).order_by("endpoint"))


def _percent(route: Route) -> int:
    if route.phase == Phase.DECOMMISSION:
        return 100
    return route.ramp_percent if route.phase == Phase.CUTOVER else 0
