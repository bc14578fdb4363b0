"""Where everything stands, as the dashboard shows it."""

from __future__ import annotations

from dataclasses import dataclass

from migration.admin.nextstep import NextStep, next_step
from migration.admin.processes import Processes, processes
from migration.admin.stepper import Stage, stages
from migration.admin.words import traffic
from migration.enums import Kind, Phase, Step
from migration.ledger.entries import UNPAID
from migration.models import Debt, Rollout, Route, StoreState, Transition
from migration.transitions.planning import active_rollout

UNDER_WAY = (Step.INTENT, Step.HELD, Step.FLIPPED)


@dataclass(frozen=True, slots=True)
class Line:
    """One endpoint."""

    route: Route
    stages: list[Stage]
    traffic: str
    next: NextStep


@dataclass(frozen=True, slots=True)
class Board:
    rollout: Rollout
    lines: list[Line]
    stores: list[StoreState]
    processes: Processes
    unpaid: int
    under_way: Transition | None
    requests: list[Transition]


def board() -> Board:
    rollout = active_rollout()
    routes = Route.objects.filter(rollout=rollout).select_related("rollout").order_by("pk")
    transitions = Transition.objects.filter(rollout=rollout)
    return Board(
        rollout=rollout,
        lines=[line(route) for route in routes],
        stores=list(StoreState.objects.filter(rollout=rollout).order_by("pk")),
        processes=processes(rollout),
        unpaid=Debt.objects.filter(state__in=UNPAID).count(),
        under_way=transitions.filter(step__in=UNDER_WAY).first(),
        requests=list(transitions.filter(step=Step.REQUESTED).order_by("pk")),
    )


def line(route: Route) -> Line:
    kind, phase = Kind(route.kind), Phase(route.phase)
    percent = route.ramp_percent if kind is Kind.READ and phase is Phase.CUTOVER else None
    return Line(route, stages(kind, phase, percent=percent), traffic(route), next_step(route))
