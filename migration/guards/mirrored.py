"""A mirror that follows the answers answers nobody itself (protocol W9). Cannot be waived."""

from __future__ import annotations

from migration.enums import Kind, MirrorMode, Phase
from migration.guards.answer import Answer, Move
from migration.models import Route

ANSWERING = (Phase.CUTOVER, Phase.DECOMMISSION)
"""Phases in which the target answers reads, if only a share of them."""


def mirrored(move: Move) -> Answer:
    if _mode_after(move) is MirrorMode.SYNC:
        return Answer("mirrored", ok=True, reason="the client's answer waits for the mirror")
    reads = Route.objects.filter(rollout=move.rollout, kind=Kind.READ, enabled=True).order_by("endpoint")
    answering = [read.endpoint for read in reads if _phase_after(move, read) in ANSWERING]
    if answering:
        reason = f"the mirror is written after the answer, but {', '.join(answering)} would be answered from it; "
        return Answer("mirrored", ok=False, reason=reason + "use `manage.py route mirror post_comment sync`")
    return Answer("mirrored", ok=True, reason="the mirror is written after the answer, and no read is answered from it")


def _mode_after(move: Move) -> MirrorMode:
    if move.mirror is not None:
        return move.mirror
    write = Route.objects.get(rollout=move.rollout, kind=Kind.WRITE)
    return MirrorMode(write.mirror_mode)


def _phase_after(move: Move, read: Route) -> Phase:
    return move.after if read.pk == move.route.pk else Phase(read.phase)
