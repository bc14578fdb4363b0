"""The vector rules over all endpoints together (protocol F1). Cannot be waived."""

from __future__ import annotations

from migration.enums import Kind, Phase
from migration.flags.phases import Place, vector_faults
from migration.guards.answer import Answer, Move
from migration.models import Route


def vector(move: Move) -> Answer:
    faults = vector_faults(_places_after(move))
    reason = "; ".join(faults) or "the phases of all endpoints stay legal together"
    return Answer("vector", ok=not faults, reason=reason)


def _places_after(move: Move) -> list[Place]:
    return [
        Place(
            endpoint=route.endpoint,
            kind=Kind(route.kind),
            phase=move.after if route.endpoint == move.route.endpoint else Phase(route.phase),
            enabled=route.enabled,
        )
        for route in Route.objects.filter(rollout=move.rollout)
    ]
