"""What people may ask for, who may say yes to it, and how it ends unbegun."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.conf import env
from migration.enums import Phase, Step, WriteFlag
from migration.exceptions import ApprovalNeeded, IllegalMove, LostRace, NotAllowed, Refused, StillWaiting
from migration.models import AuditEvent, Holder, Rollout, Route, Transition
from migration.people.actors import shell_actor
from migration.people.roles import Actor, Role
from migration.transitions import requests as module
from migration.transitions.carrying import run
from migration.transitions.messages import QUEUE, RUN
from migration.transitions.moving import carry_out
from migration.transitions.requests import approve, move_now, request, withdraw
from tests.migration import broker as brokers
from tests.migration.broker import Broker, Message
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import LATEST, POST, epoch_of, hold, holder, intent, phase_of, stand, wish, write_flag

ADA, BOB = shell_actor("ada"), shell_actor("bob")


@pytest.fixture(autouse=True)
def broker(rollout: Rollout) -> Iterator[Broker]:
    with brokers.broker() as broker:
        yield broker


@pytest.fixture
def second_person(rollout: Rollout, settings: Settings) -> None:
    """Both stores complete, writes in dual, reads on the target: the next step needs an approval."""
    settings.ENV = env().model_copy(update={"approval_required": True})
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)


def only(*roles: Role) -> Actor:
    return Actor("eve", frozenset(roles))


def events() -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.reason) for one in AuditEvent.objects.order_by("pk")]


# Requests


def test_a_request_changes_nothing_and_wakes_a_worker(rollout: Rollout, broker: Broker) -> None:
    holder(acked=0)
    asked = request(wish(POST, "advance"), BOB)
    assert (asked.step, asked.actor, asked.reason, asked.from_phase, asked.to_phase) == (
        Step.REQUESTED,
        "bob",
        "a test",
        "legacy",
        "dual",
    )
    # The answers as they were then, a refusal included: the move asks again.
    assert ("confirmed", False) in [(guard["name"], guard["ok"]) for guard in asked.guards]
    assert (asked.approval_needed, asked.finished_at, epoch_of(rollout), write_flag()) == (
        False,
        None,
        1,
        WriteFlag.SOURCE,
    )
    assert Rollout.objects.get().moving is False
    assert broker.waiting(QUEUE) == [Message(RUN, [asked.pk], None)]
    assert events() == [("bob", "request", "a test")]


def test_the_share_is_the_one_that_was_shown(rollout: Rollout, settings: Settings) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    assert request(wish(LATEST), ADA).percent == 10


@pytest.mark.parametrize("roles", [(), (Role.VIEWER,), (Role.APPROVER, Role.VIEWER)])
def test_only_an_operator_may_ask(rollout: Rollout, broker: Broker, roles: tuple[Role, ...]) -> None:
    for ask in (request, move_now):
        with pytest.raises(NotAllowed, match="needs the role operator"):
            ask(wish(POST), only(*roles))
    assert (Transition.objects.count(), broker.waiting(QUEUE), events()) == (0, [], [])


def test_an_impossible_move_is_no_request(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove):
        request(wish(POST, "rollback"), ADA)
    assert not Transition.objects.exists()


def test_a_frozen_rollout_takes_no_requests_and_no_approvals(rollout: Rollout, second_person: None) -> None:
    asked = request(wish(POST), ADA)
    Rollout.objects.update(frozen=True, frozen_by="cyd", frozen_reason="night")
    with pytest.raises(Refused, match="frozen by cyd: night"):
        request(wish(LATEST, "ramp", percent=50), ADA)
    with pytest.raises(Refused, match="frozen by cyd: night"):
        approve(asked.pk, BOB, reason="yes")
    asked.refresh_from_db()
    assert (asked.approved_at, Transition.objects.count()) == (None, 1)


def test_an_endpoint_has_one_request(rollout: Rollout, broker: Broker) -> None:
    first = request(wish(POST), ADA)
    with pytest.raises(Refused, match=f"request {first.pk} of ada .advance post_comment to dual. is waiting"):
        request(wish(POST), BOB)
    request(wish(LATEST), BOB)
    assert [message.args for message in broker.waiting(QUEUE)] == [[first.pk], [first.pk + 1]]


def test_of_two_who_ask_at_once_one_is_refused(rollout: Rollout, inject: Inject) -> None:
    """Bob's request commits after Ada's was planned and found legal."""
    inject(module, "_write", lambda: request(wish(POST), BOB))
    with pytest.raises(Refused, match="of bob"):
        request(wish(POST), ADA)
    assert Transition.objects.get().actor == "bob"


def test_without_a_broker_the_request_is_kept(rollout: Rollout) -> None:
    with brokers.application("redis://127.0.0.1:1/0"):
        asked = request(wish(POST), ADA)
    assert Transition.objects.get(pk=asked.pk).step == Step.REQUESTED


# A read that goes back (F8)


def test_a_read_goes_back_in_the_process_that_asks(rollout: Rollout, broker: Broker) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    other = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=hold(rollout))
    asked = request(wish(LATEST, "rollback"), ADA)
    other.refresh_from_db()
    assert (asked.step, phase_of(LATEST), other.step, write_flag()) == (
        Step.DONE,
        Phase.SHADOW,
        Step.ABORTED,
        WriteFlag.SOURCE_MIRROR,
    )
    assert broker.waiting(QUEUE) == []


def test_it_does_not_stay_for_the_confirmations(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    silent = holder(acked=0)
    asked = request(wish(LATEST, "rollback"), ADA)
    assert (asked.step, asked.detail, phase_of(LATEST)) == (
        Step.FLIPPED,
        f"not confirmed by: {silent}",
        Phase.SHADOW,
    )


def test_it_ends_a_request_of_the_same_endpoint(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    other = request(wish(LATEST, "ramp", percent=50), BOB)
    request(wish(LATEST, "rollback"), ADA)
    other.refresh_from_db()
    assert (other.step, other.detail, phase_of(LATEST)) == (
        Step.ABORTED,
        "overtaken by a read that goes back; nothing had changed",
        Phase.SHADOW,
    )


def test_what_stops_it_stands_on_its_row(rollout: Rollout, inject: Inject) -> None:
    """Frozen between the request and its begin."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "run", lambda: Rollout.objects.update(frozen=True, frozen_by="cyd", frozen_reason="night"))
    asked = request(wish(LATEST, "rollback"), ADA)
    assert (asked.step, "frozen by cyd: night" in asked.detail, phase_of(LATEST)) == (
        Step.REFUSED,
        True,
        Phase.CUTOVER,
    )


# Approvals


@pytest.mark.usefixtures("second_person")
def test_the_write_cutover_waits_for_a_second_person(rollout: Rollout, broker: Broker) -> None:
    asked = request(wish(POST), ADA)
    assert (asked.approval_needed, broker.waiting(QUEUE)) == (True, [])
    said = approve(asked.pk, BOB, reason="looked at it")
    assert (said.approved_by, said.step, write_flag()) == ("bob", Step.REQUESTED, WriteFlag.SOURCE_MIRROR)
    assert said.approved_at is not None
    assert broker.waiting(QUEUE) == [Message(RUN, [asked.pk], None)]
    assert events() == [("ada", "request", "a test"), ("bob", "request.approve", "looked at it")]


@pytest.mark.usefixtures("second_person")
@pytest.mark.parametrize("name", ["ada", "Ada", " ada "])
def test_the_second_person_is_not_the_requester(rollout: Rollout, name: str) -> None:
    asked = request(wish(POST), ADA)
    with pytest.raises(NotAllowed, match=f"made request {asked.pk}: another person must approve it"):
        approve(asked.pk, shell_actor(name), reason="yes")
    assert Transition.objects.get().approved_at is None


@pytest.mark.usefixtures("second_person")
def test_the_second_person_is_an_approver(rollout: Rollout) -> None:
    asked = request(wish(POST), ADA)
    with pytest.raises(NotAllowed, match="needs the role approver"):
        approve(asked.pk, only(Role.OPERATOR, Role.VIEWER), reason="yes")
    assert approve(asked.pk, only(Role.APPROVER), reason="yes").approved_by == "eve"


@pytest.mark.usefixtures("second_person")
def test_a_yes_counts_once(rollout: Rollout, broker: Broker) -> None:
    asked = request(wish(POST), ADA)
    approve(asked.pk, BOB, reason="yes")
    with pytest.raises(LostRace, match="does not wait for an approval"):
        approve(asked.pk, shell_actor("cyd"), reason="yes")
    assert (Transition.objects.get().approved_by, len(broker.waiting(QUEUE))) == ("bob", 1)


def test_what_needs_no_approval_gets_none(rollout: Rollout) -> None:
    asked = request(wish(POST), ADA)
    with pytest.raises(LostRace):
        approve(asked.pk, BOB, reason="yes")


@pytest.mark.usefixtures("second_person")
def test_an_old_request_is_not_approved(rollout: Rollout) -> None:
    asked = request(wish(POST), ADA)
    Transition.objects.update(created_at=timezone.now() - timedelta(seconds=3601))
    with pytest.raises(Refused, match="too old to be approved"):
        approve(asked.pk, BOB, reason="yes")


@pytest.mark.usefixtures("second_person")
def test_a_command_makes_the_request_instead_and_only_once(rollout: Rollout) -> None:
    with pytest.raises(ApprovalNeeded) as first:
        move_now(wish(POST), ADA)
    with pytest.raises(ApprovalNeeded) as again:
        move_now(wish(POST), BOB)
    assert first.value.request == again.value.request == Transition.objects.get().pk
    assert f"`manage.py route approve {first.value.request}`" in str(first.value)


@pytest.mark.usefixtures("second_person")
def test_no_service_makes_the_move_without_an_approval(rollout: Rollout) -> None:
    with pytest.raises(Refused, match="a second person must approve this move"):
        carry_out(wish(POST), wait=0)
    assert write_flag() is WriteFlag.SOURCE_MIRROR


@pytest.mark.usefixtures("second_person")
def test_a_flip_that_not_all_confirmed_is_finished_without_another_approval(rollout: Rollout) -> None:
    holder(acked=3)
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    left = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.FLIPPED, epoch=3)
    assert move_now(wish(POST), ADA, wait=0).pk == left.pk
    assert Transition.objects.get().step == Step.DONE


MOVES: list[tuple[Any, str, Phase, Phase]] = [
    (POST, "rollback", Phase.CUTOVER, Phase.CUTOVER),
    (POST, "advance", Phase.LEGACY, Phase.DUAL),
    (LATEST, "advance", Phase.CUTOVER, Phase.SHADOW),
    (LATEST, "advance", Phase.CUTOVER, Phase.CUTOVER),
]


@pytest.mark.usefixtures("second_person")
@pytest.mark.parametrize(("endpoint", "verb", "write", "reads"), MOVES)
def test_other_moves_need_no_second_person(
    rollout: Rollout, endpoint: Any, verb: str, write: Phase, reads: Phase
) -> None:
    stand(rollout, write=write, reads=reads)
    assert move_now(wish(endpoint, verb), ADA, wait=0).step == Step.DONE


# The end of a request


@pytest.mark.parametrize("actor", [ADA, BOB, only(Role.OPERATOR), only(Role.APPROVER)])
def test_a_request_is_withdrawn_by_those_concerned(rollout: Rollout, actor: Actor) -> None:
    asked = request(wish(POST), ADA)
    ended = withdraw(asked.pk, actor, reason="not today")
    assert (ended.step, ended.detail) == (Step.ABORTED, f"withdrawn by {actor.name}: not today")
    assert ended.finished_at is not None
    assert events()[-1] == (actor.name, "request.withdraw", "not today")
    request(wish(POST), ADA)


def test_a_viewer_withdraws_nothing(rollout: Rollout) -> None:
    asked = request(wish(POST), ADA)
    with pytest.raises(NotAllowed):
        withdraw(asked.pk, only(Role.VIEWER), reason="no")
    asked.refresh_from_db()
    assert asked.step == Step.REQUESTED


def test_what_has_begun_is_not_withdrawn(rollout: Rollout) -> None:
    asked = request(wish(POST), ADA)
    holder(acked=1)
    with pytest.raises(StillWaiting):
        run(asked.pk, wait=0)
    with pytest.raises(LostRace, match="has begun or ended"):
        withdraw(asked.pk, ADA, reason="no")
    asked.refresh_from_db()
    assert (asked.step, write_flag(), Holder.objects.count()) == (Step.FLIPPED, WriteFlag.SOURCE_MIRROR, 1)
    assert Route.objects.get(endpoint=POST).phase == Phase.DUAL
