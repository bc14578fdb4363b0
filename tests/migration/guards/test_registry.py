"""Which guards each move asks (protocol C8)."""

from __future__ import annotations

import pytest

from chat.data import Endpoint
from migration.enums import Phase
from migration.guards.registry import ask, guards_of
from migration.models import Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, place, wish

EVERY = ["thawed", "vector", "complete"]
SETTLED = ["fixed", "confirmed", "declared"]


def asked(endpoint: Endpoint, verb: str, before: Phase) -> list[str]:
    place(endpoint, before)
    percent = 50 if verb == "ramp" else None
    return [guard.__name__ for guard in guards_of(plan(wish(endpoint, verb, percent=percent)))]


@pytest.mark.parametrize(
    ("endpoint", "before", "more"),
    [
        (POST, Phase.LEGACY, SETTLED),
        (POST, Phase.DUAL, [*SETTLED, "ramped"]),
        (POST, Phase.CUTOVER, [*SETTLED, "debts"]),
        (LATEST, Phase.LEGACY, SETTLED),
        (LATEST, Phase.DUAL, SETTLED),
        (LATEST, Phase.SHADOW, [*SETTLED, "debts", "mirrored"]),
        (LATEST, Phase.CUTOVER, [*SETTLED, "ramped", "debts"]),
    ],
)
def test_going_forward(rollout: Rollout, endpoint: Endpoint, before: Phase, more: list[str]) -> None:
    assert asked(endpoint, "advance", before) == EVERY + more


@pytest.mark.parametrize("before", [Phase.DUAL, Phase.CUTOVER, Phase.DECOMMISSION])
def test_a_write_going_back_waits_for_every_process(rollout: Rollout, before: Phase) -> None:
    assert asked(POST, "rollback", before) == [*EVERY, *SETTLED]


@pytest.mark.parametrize("before", [Phase.DUAL, Phase.SHADOW, Phase.CUTOVER, Phase.DECOMMISSION])
def test_a_read_going_back_waits_for_nobody(rollout: Rollout, before: Phase) -> None:
    assert asked(LATEST, "rollback", before) == EVERY


def test_a_new_share_waits_for_every_process(rollout: Rollout) -> None:
    assert asked(LATEST, "ramp", Phase.CUTOVER) == [*EVERY, *SETTLED]


def test_every_guard_answers_under_its_name(rollout: Rollout) -> None:
    place(LATEST, Phase.CUTOVER, ramp=100)
    assert [answer.name for answer in ask(plan(wish(LATEST)))] == [
        "thawed",
        "vector",
        "complete",
        "fixed",
        "confirmed",
        "declared",
        "ramped",
        "debts",
    ]
