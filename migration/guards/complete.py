"""The store a move enters holds everything it must (protocol F2). Cannot be waived."""

from __future__ import annotations

from migration.enums import Kind, Phase, WriteFlag
from migration.flags.phases import moves_authority
from migration.guards.answer import Answer, Move
from migration.models import Rollout, Route, StoreState


def complete(move: Move) -> Answer:
    wanted = stores_needed(move)
    states = {state.store: state for state in StoreState.objects.filter(rollout=move.rollout, store__in=wanted)}
    lacking = sorted(store for store in wanted if store not in states or not states[store].complete)
    evidence = {store: states[store].evidence for store in sorted(states)}
    if lacking:
        advice = _advice(move, lacking)
        return Answer("complete", ok=False, reason=f"{', '.join(lacking)} is not complete: {advice}", evidence=evidence)
    named = ", ".join(sorted(wanted)) or "no store"
    return Answer("complete", ok=True, reason=f"{named} must be complete, and is", evidence=evidence)


def _advice(move: Move, lacking: list[str]) -> str:
    if move.rollout.source in lacking:
        return _way_back(move.rollout)
    return "run `manage.py backfill start` while writes are mirrored to it"


def _way_back(rollout: Rollout) -> str:
    """Protocol F2: the mirror first, then the reverse backfill, then parity over everything."""
    fill = "run `manage.py backfill start --source reverse`, then `manage.py parity run`"
    write = Route.objects.filter(rollout=rollout, kind=Kind.WRITE, write_flag=WriteFlag.TARGET).first()
    if write is None:
        return f"it missed writes while it was written no more; {fill}"
    mirror = f"`manage.py route rollback {write.endpoint} --reason ...`"
    return f"writes are not mirrored to it; go back with {mirror} first, then {fill}"


def stores_needed(move: Move) -> set[str]:
    """The stores that serve, shadow or decide for this endpoint after the move.

    Going back, a read asks this only of the store it goes to, never of the one it leaves (protocol F8).
    """
    source, target = move.rollout.source, move.rollout.target
    if move.kind is Kind.WRITE:
        if not moves_authority(move.kind, move.before, move.after):
            return set()
        return {target if move.after is Phase.CUTOVER else source}
    if move.verb == "shadow":
        # Both answer, one of them to be compared with the other. Without a share the source is asked by nobody.
        return {source, target} if move.percent else set()
    if move.verb == "rollback":
        # Back to cutover the target answers alone, as it did before.
        return set() if move.after is Phase.CUTOVER else {source}
    if move.after is Phase.CUTOVER:
        return {target} if move.percent == 100 else {source, target}
    return {Phase.SHADOW: {source, target}, Phase.DECOMMISSION: {target}}.get(move.after, {source})
