"""Every kind of move, killed after each of its durable steps: another process undoes or finishes it, by name."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from chat.data import Endpoint
from migration.enums import Kind, Phase, Step
from migration.flags.phases import row_of
from migration.models import AuditEvent, Rollout, Route, StoreState, Transition
from migration.tasks import recover_transitions
from migration.transitions import recovery
from migration.transitions.moving import carry_out
from tests.migration import forks
from tests.migration.vectors import LATEST, POST, holder, is_complete, stand, wish

# The real code, but for the function named first: that one kills the process, as `kill -9` at that line would.
COMMAND = """
import importlib, json, signal
module, name = sys.argv[1].rsplit(".", 1)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(importlib.import_module(module), name, die)
from chat.data import Endpoint
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish
endpoint, verb, percent = json.loads(sys.argv[2])
carry_out(Wish(Endpoint(endpoint), verb, "ada", "a test", percent=percent), wait=10)
"""
INTENT = "migration.transitions.moving._flip"
HELD = "migration.transitions.hold._let_older_work_end"
DRAINED = "migration.transitions.hold._release"
FLIPPED = "migration.transitions.moving.confirm"
CONFIRMED = "migration.transitions.confirming.close"

# (endpoint, verb, percent, phase of writes, of reads, ramp of reads, phase after, ramp after)
KINDS = {
    "dual": (POST, "advance", None, Phase.LEGACY, Phase.LEGACY, 0, Phase.DUAL, 0),
    "dual back": (POST, "rollback", None, Phase.DUAL, Phase.DUAL, 0, Phase.LEGACY, 0),
    "cutover forward": (POST, "advance", None, Phase.DUAL, Phase.CUTOVER, 100, Phase.CUTOVER, 0),
    "cutover back": (POST, "rollback", None, Phase.CUTOVER, Phase.CUTOVER, 100, Phase.DUAL, 0),
    "decommission": (POST, "advance", None, Phase.CUTOVER, Phase.DECOMMISSION, 100, Phase.DECOMMISSION, 0),
    "decommission back": (POST, "rollback", None, Phase.DECOMMISSION, Phase.DECOMMISSION, 100, Phase.CUTOVER, 0),
    "read forward": (LATEST, "advance", None, Phase.DUAL, Phase.DUAL, 0, Phase.SHADOW, 0),
    "read back": (LATEST, "rollback", None, Phase.DUAL, Phase.CUTOVER, 100, Phase.SHADOW, 0),
    "ramp": (LATEST, "ramp", 60, Phase.DUAL, Phase.CUTOVER, 10, Phase.CUTOVER, 60),
}
THROUGH_A_HOLD = ("cutover forward", "cutover back")
CASES = [
    (kind, where)
    for kind in KINDS
    for where in (INTENT, HELD, DRAINED, FLIPPED, CONFIRMED)
    if where not in (HELD, DRAINED) or kind in THROUGH_A_HOLD
]


@pytest.fixture(autouse=True)
def _short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.3)


def stand_before(rollout: Rollout, kind: str) -> tuple[Phase, int]:
    """Puts the rollout there; the moved endpoint's phase and ramp."""
    endpoint, _, _, write, reads, ramp, _, _ = KINDS[kind]
    stand(rollout, write=write, reads=reads, ramp=ramp)
    if write is Phase.DECOMMISSION:
        StoreState.objects.filter(store="dynamodb").update(complete=False)
    return place_of(endpoint)


def crash(control: Path, kind: str, where: str) -> None:
    endpoint, verb, percent, *_ = KINDS[kind]
    words = f'["{endpoint}", "{verb}", {"null" if percent is None else percent}]'
    command = forks.start(COMMAND, control, where, words)
    assert command.wait() == -signal.SIGKILL, command.said


def place_of(endpoint: Endpoint) -> tuple[Phase, int]:
    route = Route.objects.get(endpoint=endpoint)
    return Phase(route.phase), route.ramp_percent


def as_the_phase_means(endpoint: Endpoint) -> bool:
    """No half of a flip, and no hold left."""
    route = Route.objects.get(endpoint=endpoint)
    row = row_of(Kind(route.kind), Phase(route.phase))
    return (route.read_flag, route.write_flag) == (row.read, row.write)


@pytest.mark.parametrize(("kind", "where"), CASES)
def test_it_is_undone_before_its_flip_and_finished_after_it(
    rollout: Rollout, control: Path, kind: str, where: str
) -> None:
    endpoint, *_, phase, ramp = KINDS[kind]
    before = stand_before(rollout, kind)
    crash(control, kind, where)
    recover_transitions()
    left = Transition.objects.get()
    flipped = where in (FLIPPED, CONFIRMED)
    assert (left.step, place_of(endpoint)) == ((Step.DONE, (phase, ramp)) if flipped else (Step.ABORTED, before))
    assert as_the_phase_means(endpoint)
    assert not Rollout.objects.get(pk=rollout.pk).moving
    # Stores lose or keep what they had by the flips that were made, not by those that were only begun.
    assert is_complete("scylla-room") is not (kind == "dual back" and flipped)
    assert is_complete("dynamodb") is not (kind == "decommission back" or (kind == "decommission" and flipped))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", [INTENT, FLIPPED])
def test_the_same_command_given_again_makes_the_move_once(
    rollout: Rollout, control: Path, kind: str, where: str
) -> None:
    endpoint, verb, percent, *_, phase, ramp = KINDS[kind]
    stand_before(rollout, kind)
    crash(control, kind, where)
    done = carry_out(wish(endpoint, verb, percent=percent), wait=5)
    assert (done.step, place_of(endpoint)) == (Step.DONE, (phase, ramp))
    flips = AuditEvent.objects.filter(action=f"route.{verb}").count()
    assert flips == (2 if kind in THROUGH_A_HOLD else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_flip_that_somebody_has_not_confirmed_is_waited_for_and_never_undone(
    rollout: Rollout, control: Path, kind: str
) -> None:
    stand_before(rollout, kind)
    crash(control, kind, FLIPPED)
    silent = holder(acked=0)
    recover_transitions()
    left = Transition.objects.get()
    assert (left.step, str(silent) in left.detail) == (Step.FLIPPED, True)
    type(silent).objects.update(acked_epoch=left.epoch)
    recover_transitions()
    left.refresh_from_db()
    assert (left.step, place_of(KINDS[kind][0])) == (Step.DONE, KINDS[kind][-2:])
