"""A drill goes back and on again, ends where it began, and is finished whoever dies on the way."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.data import Endpoint
from migration.enums import DebtState, Phase, Step, WriteFlag
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting
from migration.models import AuditEvent, Debt, Drill, Rollout, Route, Transition
from migration.transitions import drilling as module
from migration.transitions import recovery
from migration.transitions.drilling import drill, finish
from migration.transitions.moving import carry_out
from tests.migration import forks
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import (
    LATEST,
    POST,
    holder,
    intent,
    is_complete,
    owe,
    phase_of,
    place,
    stand,
    wish,
    write_flag,
)

SINCE = Endpoint.COMMENTS_SINCE


def run_drill(endpoint: Endpoint = LATEST, *, wait: float = 10) -> Drill:
    return drill(endpoint, actor="ada", reason="a test", wait=wait)


def legs() -> list[tuple[str, str, str, str]]:
    rows = Transition.objects.filter(drill__isnull=False).order_by("pk")
    return [(row.verb, row.from_phase, row.to_phase, row.step) for row in rows]


def stands(endpoint: Endpoint = LATEST) -> tuple[str, int]:
    route = Route.objects.get(endpoint=endpoint)
    return route.phase, route.ramp_percent


def there_and_back(lower: Phase, upper: Phase) -> list[tuple[str, str, str, str]]:
    return [("rollback", upper, lower, Step.DONE), ("advance", lower, upper, Step.DONE)]


@pytest.mark.parametrize(
    ("write", "upper", "lower", "ramp"),
    [
        (Phase.DUAL, Phase.DUAL, Phase.LEGACY, 0),
        (Phase.DUAL, Phase.SHADOW, Phase.DUAL, 0),
        (Phase.DUAL, Phase.CUTOVER, Phase.SHADOW, 37),
        (Phase.DUAL, Phase.CUTOVER, Phase.SHADOW, 100),
        (Phase.CUTOVER, Phase.DECOMMISSION, Phase.CUTOVER, 100),
    ],
)
def test_a_read_returns_to_its_phase_and_percent_in_two_transitions(
    rollout: Rollout, obedient: None, write: Phase, upper: Phase, lower: Phase, ramp: int
) -> None:
    stand(rollout, write=write, reads=upper, ramp=ramp)
    holder(acked=1)
    done = run_drill()
    assert (done.passed, done.from_phase, done.to_phase, done.detail) == (True, upper, lower, "")
    assert done.finished_at is not None
    assert done.seconds is not None
    assert stands() == (upper, ramp)
    assert legs() == there_and_back(lower, upper)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "drill.begin",
        "route.rollback",
        "route.advance",
        "drill.passed",
    ]


def test_the_write_authority_goes_back_and_returns_each_time_through_a_hold(rollout: Rollout, obedient: None) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    holder(acked=1)
    assert run_drill(POST).passed
    assert write_flag() is WriteFlag.TARGET_MIRROR
    assert legs() == there_and_back(Phase.DUAL, Phase.CUTOVER)
    assert all(leg.hold_ms is not None for leg in Transition.objects.all())
    assert is_complete("dynamodb")
    assert is_complete("scylla-room")


def test_nothing_is_before_legacy(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove, match="legacy is the first phase"):
        run_drill(POST)
    assert not Drill.objects.exists()


def test_a_drill_does_not_cost_a_complete_store_its_mirror(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    with pytest.raises(Refused, match="scylla-room would miss writes, and need a new backfill"):
        run_drill(POST)
    assert (Drill.objects.count(), is_complete("scylla-room")) == (0, True)
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    assert run_drill(POST).passed


def test_a_drill_that_could_not_return_is_not_begun(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    owe()
    with pytest.raises(Refused, match="the way on would be refused: 1 comments are owed"):
        run_drill()
    assert (Drill.objects.count(), Transition.objects.count()) == (0, 0)


def test_a_drill_is_no_emergency_and_aborts_nobodys_move(rollout: Rollout) -> None:
    """A read that goes back in earnest would (protocol F8)."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.FLIPPED, epoch=1)
    holder(acked=0)
    with pytest.raises(StillWaiting):
        run_drill(wait=0)
    assert Transition.objects.get().step == Step.FLIPPED
    assert stands() == (Phase.CUTOVER, 100)


def test_what_refuses_the_way_back_ends_the_drill_with_nothing_changed(rollout: Rollout) -> None:
    """Reads stay where the source is written no more (protocol F1)."""
    stand(rollout, write=Phase.DECOMMISSION, reads=Phase.DECOMMISSION)
    with pytest.raises(Refused, match="writes stop at the source only when every read has left it"):
        run_drill()
    ended = Drill.objects.get()
    assert (ended.passed, ended.detail.startswith("not begun: ")) == (False, True)
    assert stands() == (Phase.DECOMMISSION, 100)
    assert AuditEvent.objects.latest("pk").action == "drill.failed"


# Between the legs


def test_a_guard_on_the_way_on_is_waited_for_and_then_asked_again_by_the_same_call(
    rollout: Rollout, inject: Inject
) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "_await_guards", owe)
    with pytest.raises(
        StillWaiting, match="latest_comments stands in shadow and cannot go on yet: 1 comments are owed"
    ):
        run_drill(wait=0.3)
    assert Drill.objects.get().finished_at is None
    assert stands() == (Phase.SHADOW, 0)
    Debt.objects.update(state=DebtState.PAID)
    assert run_drill().passed
    assert (Drill.objects.count(), stands()) == (1, (Phase.CUTOVER, 100))


def test_an_endpoint_moved_away_between_the_legs_fails_the_drill(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "_await_guards", lambda: carry_out(wish(LATEST, "rollback"), wait=1))
    ended = run_drill()
    assert (ended.passed, ended.detail) == (
        False,
        "another move came between: latest_comments is in dual, at 0 %",
    )
    assert stands() == (Phase.DUAL, 0)


def test_an_endpoint_that_somebody_else_brought_back_fails_the_drill(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "_await_guards", lambda: carry_out(wish(LATEST, percent=100), wait=1))
    assert (run_drill().passed, stands()) == (False, (Phase.CUTOVER, 100))


def test_a_ramp_changed_before_the_first_leg_leaves_the_endpoint_alone(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "carry_out", lambda: place(LATEST, Phase.CUTOVER, ramp=50))
    with pytest.raises(LostRace, match="was moved by another process after drill"):
        run_drill()
    assert (Drill.objects.get().passed, stands(), legs()) == (False, (Phase.CUTOVER, 50), [])


def test_a_drill_given_up_leaves_the_endpoint_where_it_is(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "_await_guards", owe)
    with pytest.raises(StillWaiting):
        run_drill(wait=0.1)
    ended = finish(LATEST, actor="bob", reason="the target is slow")
    assert (ended.passed, ended.detail) == (False, "given up: the target is slow")
    assert stands() == (Phase.SHADOW, 0)
    assert AuditEvent.objects.latest("pk").actor == "bob"
    with pytest.raises(IllegalMove, match="has no unfinished drill"):
        finish(LATEST, actor="bob", reason="again")


# Two processes with one drill, and processes that die


@pytest.mark.parametrize("where", ["_go_back", "carry_out"])
def test_a_driver_that_slept_before_its_first_leg_makes_no_second_one(
    rollout: Rollout, inject: Inject, where: str
) -> None:
    """Meanwhile another one brought the whole drill to its end: the endpoint must not go back once more."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, where, run_drill)
    with pytest.raises(LostRace, match="taken on by another process"):
        run_drill()
    assert (Drill.objects.get().passed, stands()) == (True, (Phase.CUTOVER, 100))
    assert legs() == there_and_back(Phase.SHADOW, Phase.CUTOVER)


def test_a_driver_that_slept_between_the_legs_finds_the_drill_passed(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "_await_guards", run_drill)
    assert run_drill().passed
    assert legs() == there_and_back(Phase.SHADOW, Phase.CUTOVER)
    assert AuditEvent.objects.filter(action="drill.passed").count() == 1


DRILL = """
import importlib, signal
module, name = sys.argv[1].rsplit(".", 1)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if name == "confirm in the second leg":
    name, first = "confirm", iter([getattr(importlib.import_module(module), "confirm")])
    fatal = lambda *words, **options: next(first, die)(*words, **options)
else:
    fatal = die
setattr(importlib.import_module(module), name, fatal)
from chat.data import Endpoint
from migration.transitions.drilling import drill
drill(Endpoint(sys.argv[2]), actor="ada", reason="a test", wait=10)
"""


@pytest.mark.parametrize(
    ("where", "left_in"),
    [
        ("migration.transitions.drilling._go_back", Phase.CUTOVER),
        ("migration.transitions.moving._flip", Phase.CUTOVER),
        ("migration.transitions.hold._release", Phase.CUTOVER),
        ("migration.transitions.moving.confirm", Phase.DUAL),
        ("migration.transitions.drilling._go_on", Phase.DUAL),
        ("migration.transitions.moving.confirm in the second leg", Phase.CUTOVER),
        ("migration.transitions.drilling.judge", Phase.CUTOVER),
    ],
)
def test_a_drill_killed_anywhere_is_brought_to_its_end_by_the_next_call(
    rollout: Rollout, control: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, where: str, left_in: Phase
) -> None:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.5)
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    victim = forks.start(DRILL, control, where, POST.value)
    assert victim.wait() == -signal.SIGKILL, victim.said
    assert (Drill.objects.get().finished_at, phase_of(POST)) == (None, left_in)
    assert run_drill(POST).passed
    assert (phase_of(POST), write_flag()) == (Phase.CUTOVER, WriteFlag.TARGET_MIRROR)
    done = [leg for leg in legs() if leg[3] == Step.DONE]
    assert done == there_and_back(Phase.DUAL, Phase.CUTOVER)
    assert not Rollout.objects.get().moving
