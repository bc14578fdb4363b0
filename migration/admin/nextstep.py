"""What an endpoint's next step is, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from chat.data import Endpoint
from migration.exceptions import IllegalMove
from migration.guards.answer import Answer
from migration.guards.registry import ask
from migration.models import Route
from migration.transitions.planning import Wish, plan


@dataclass(frozen=True, slots=True)
class NextStep:
    """`to` is empty at the end of the ladder."""

    to: str
    answers: list[Answer]

    @property
    def blockers(self) -> list[str]:
        return [answer.reason for answer in self.answers if not answer.ok]


def next_step(route: Route) -> NextStep:
    """The very guards a move would ask, asked now; they only look."""
    try:
        move = plan(Wish(endpoint=Endpoint(route.endpoint), verb="advance", actor="", reason=""))
    except IllegalMove:
        return NextStep(to="", answers=[])
    return NextStep(to=move.after.value, answers=ask(move))
