"""No move of the writes over the head of a process on a fixed DB_BACKEND (protocol F10)."""

from __future__ import annotations

import pytest

from migration.enums import HolderState, Phase
from migration.exceptions import Refused
from migration.guards.fixed import fixed
from migration.models import Holder, Rollout
from migration.transitions.moving import carry_out
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, epoch_of, holder, place, wish


def on(backend: str, *, state: HolderState = HolderState.LIVE) -> Holder:
    row = holder(acked=1, state=state)
    Holder.objects.filter(pk=row.pk).update(backend=backend)
    return row


@pytest.mark.parametrize(
    ("backend", "before", "verb", "ok"),
    [
        ("routed", Phase.LEGACY, "advance", True),
        ("dynamodb", Phase.LEGACY, "advance", False),
        ("dual", Phase.LEGACY, "advance", True),
        ("scylla", Phase.LEGACY, "advance", False),
        ("dual", Phase.DUAL, "advance", False),
        ("dual", Phase.DUAL, "rollback", True),
        ("dynamodb", Phase.DUAL, "rollback", True),
        ("scylla", Phase.CUTOVER, "advance", True),
        ("scylla", Phase.DECOMMISSION, "rollback", False),
        ("of another version", Phase.LEGACY, "advance", False),
    ],
)
def test_it_must_bear_the_flag_after_the_move(
    rollout: Rollout, backend: str, before: Phase, verb: str, ok: bool
) -> None:
    place(POST, before)
    on(backend)
    assert fixed(plan(wish(POST, verb))).ok is ok


def test_a_read_s_move_asks_as_well(rollout: Rollout) -> None:
    """The first move of all ends the time in which such a process may stand beside the phases of an installation."""
    on("scylla")
    with pytest.raises(Refused, match="would contradict 'source'"):
        carry_out(wish(LATEST), wait=0)
    assert epoch_of(rollout) == 1


def test_the_refusal_names_it(rollout: Rollout) -> None:
    row = on("dynamodb")
    answer = fixed(plan(wish(POST)))
    assert answer.reason == (
        f"would contradict 'source+mirror': {row} on DB_BACKEND=dynamodb; start those again with DB_BACKEND=routed"
    )


def test_one_that_left_contradicts_nothing(rollout: Rollout) -> None:
    on("dynamodb", state=HolderState.LEFT)
    assert fixed(plan(wish(POST))).ok


def test_the_move_itself_is_refused_and_changes_nothing(rollout: Rollout) -> None:
    on("dynamodb")
    with pytest.raises(Refused, match="would contradict 'source\\+mirror'"):
        carry_out(wish(POST), wait=0)
    assert epoch_of(rollout) == 1
