"""Turns an operator's wish into a move, or says why there is no such move."""

from __future__ import annotations

from dataclasses import dataclass

from chat.conf import env
from chat.data import Endpoint
from migration.enums import Kind, MirrorMode, Phase
from migration.exceptions import IllegalMove
from migration.flags.phases import neighbour, row_of
from migration.guards.answer import Move
from migration.models import Rollout, Route

SHADOWED = (Phase.SHADOW, Phase.CUTOVER)
"""Phases in which a share of the reads is also asked of the store that does not answer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asked for. `to` must be the neighbouring phase if given; `percent` is for a ramp or a shadow.

    `mirror` is for the mode of the mirror; `drill` is the key of the drill that this move is a leg of.
    """

    endpoint: Endpoint
    verb: str
    actor: str
    reason: str
    to: Phase | None = None
    percent: int | None = None
    mirror: MirrorMode | None = None
    drill: int | None = None

    @property
    def overtakes(self) -> bool:
        """A read that goes back starts at once, whatever is under way (protocol F8). A drill is no emergency."""
        return self.verb == "rollback" and not self.endpoint.writes and self.drill is None


def active_rollout() -> Rollout:
    rollout = Rollout.objects.filter(active=True).first()
    if rollout is None:
        raise IllegalMove("there is no active rollout: run `manage.py migrate`")
    return rollout


def plan(wish: Wish) -> Move:
    """Raises `IllegalMove` naming what is possible instead."""
    rollout = active_rollout()
    route = Route.objects.get(rollout=rollout, endpoint=wish.endpoint)
    before, kind = Phase(route.phase), Kind(route.kind)
    after = _phase_after(wish, kind, before)
    percent = _percent_after(wish, kind, after)
    return Move(rollout, route, kind, wish.verb, before, after, percent, wish.mirror)


def _phase_after(wish: Wish, kind: Kind, before: Phase) -> Phase:
    if wish.verb == "ramp":
        if kind is Kind.WRITE or before is not Phase.CUTOVER:
            raise IllegalMove(f"only a read endpoint in cutover has a ramp; {wish.endpoint} is in {before.value}")
        return before
    if wish.verb == "shadow":
        if kind is Kind.WRITE or before not in SHADOWED:
            raise IllegalMove(
                f"only a read endpoint in shadow or cutover has a shadow; {wish.endpoint} is in {before.value}"
            )
        return before
    if wish.verb == "mirror":
        if kind is Kind.READ or before is not Phase.DUAL:
            raise IllegalMove(
                f"only a write endpoint in dual has a mirror that may follow the answer; "
                f"{wish.endpoint} is in {before.value}"
            )
        return before
    after = neighbour(kind, before, forward=wish.verb == "advance")
    if wish.to is not None and wish.to is not after:
        row_of(kind, wish.to)
        raise IllegalMove(
            f"{wish.endpoint} is in {before.value}; one step {wish.verb} leads to {after.value}, not {wish.to.value}"
        )
    return after


def _percent_after(wish: Wish, kind: Kind, after: Phase) -> int | None:
    if wish.verb == "shadow":
        return wish.percent
    if kind is Kind.WRITE or after is not Phase.CUTOVER:
        return None
    if wish.percent is not None:
        return wish.percent
    # Back from decommission the endpoint was served by the target alone, and still is.
    return 100 if wish.verb == "rollback" else _first_ramp()


def _first_ramp() -> int:
    return env().ramp_percent_default
