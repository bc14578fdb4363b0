"""A drill as people ask for it: role, freeze, and a message that may come twice or never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from migration.enums import Phase
from migration.exceptions import IllegalMove, NotAllowed, Refused, StillWaiting
from migration.models import Drill, Rollout, Transition
from migration.people.actors import shell_actor
from migration.people.roles import Actor, Role
from migration.tasks import recover_transitions, run_drill
from migration.transitions import drilling
from migration.transitions.drills import LOST_SECONDS, drill, give_up, request_drill
from migration.transitions.messages import DRILL, QUEUE
from tests.migration import broker as brokers
from tests.migration.broker import Broker, Message
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import LATEST, POST, phase_of, stand

ADA, EVE = shell_actor("ada"), Actor("eve", frozenset({Role.VIEWER, Role.APPROVER}))


@pytest.fixture(autouse=True)
def broker(rollout: Rollout) -> Iterator[Broker]:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    with brokers.broker() as broker:
        yield broker


def test_it_takes_an_operator(rollout: Rollout) -> None:
    for ask in (drill, request_drill, give_up):
        with pytest.raises(NotAllowed, match="needs the role operator"):
            ask(LATEST, EVE, reason="fun")
    assert not Drill.objects.exists()


def test_a_request_is_a_row_and_a_message(rollout: Rollout, broker: Broker) -> None:
    asked = request_drill(LATEST, ADA, reason="weekly")
    assert (asked.actor, asked.reason, asked.passed, Transition.objects.count()) == ("ada", "weekly", None, 0)
    assert broker.waiting(QUEUE) == [Message(DRILL, [asked.pk], None)]
    assert request_drill(LATEST, ADA, reason="again").pk == asked.pk


def test_a_message_twice_drills_once(rollout: Rollout) -> None:
    asked = request_drill(LATEST, ADA, reason="weekly")
    for _ in range(3):
        run_drill(asked.pk)
    run_drill(4711)
    asked.refresh_from_db()
    assert (asked.passed, phase_of(LATEST), Transition.objects.count()) == (True, Phase.CUTOVER, 2)


def test_a_message_that_comes_again_does_not_go_on_with_a_drill_that_stands_half_way(
    rollout: Rollout, inject: Inject
) -> None:
    """Its worker died between the legs, or its guards did not pass: the way on is for the operator who looks."""
    asked = request_drill(LATEST, ADA, reason="weekly")

    def die() -> None:
        raise StillWaiting("the worker is gone")

    inject(drilling, "_go_on", die)
    for _ in range(2):
        run_drill(asked.pk)
    asked.refresh_from_db()
    assert (asked.finished_at, phase_of(LATEST)) == (None, Phase.SHADOW)
    with pytest.raises(Refused, match=f"drill {asked.pk} .* half way: go on with it by `manage.py route drill latest"):
        request_drill(LATEST, ADA, reason="again")
    assert drill(LATEST, ADA, reason="go on").passed is True
    assert phase_of(LATEST) is Phase.CUTOVER


def test_one_whose_message_was_lost_is_made_up_for(rollout: Rollout) -> None:
    asked = request_drill(LATEST, ADA, reason="weekly")
    recover_transitions()
    asked.refresh_from_db()
    # Its message may still be on its way.
    assert asked.passed is None
    Drill.objects.update(started_at=timezone.now() - timedelta(seconds=LOST_SECONDS + 1))
    recover_transitions()
    asked.refresh_from_db()
    assert asked.passed is True


def test_a_frozen_rollout_is_not_drilled(rollout: Rollout) -> None:
    Rollout.objects.update(frozen=True, frozen_by="cyd", frozen_reason="night")
    for ask in (drill, request_drill):
        with pytest.raises(Refused, match="frozen by cyd"):
            ask(LATEST, ADA, reason="weekly")
    assert not Transition.objects.exists()


def test_what_cannot_be_drilled_is_told_at_once(rollout: Rollout) -> None:
    stand(rollout, write=Phase.LEGACY, reads=Phase.LEGACY)
    with pytest.raises(IllegalMove, match="no step back"):
        request_drill(POST, ADA, reason="weekly")
    assert not Drill.objects.exists()


def test_an_unfinished_one_can_be_given_up(rollout: Rollout) -> None:
    request_drill(LATEST, ADA, reason="weekly")
    assert give_up(LATEST, ADA, reason="wrong night").passed is False
