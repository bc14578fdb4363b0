"""One switch stops every move, and nothing that keeps data safe."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from chat.data import Endpoint
from migration.enums import Phase, Step, WriteFlag
from migration.exceptions import NotAllowed, Refused
from migration.models import AuditEvent, Holder, Rollout, Transition
from migration.people.actors import shell_actor
from migration.people.roles import Actor, Role
from migration.tasks import recover_transitions
from migration.transitions import hold as holding
from migration.transitions import moving, recovery
from migration.transitions.freezing import freeze, thaw
from migration.transitions.moving import carry_out
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import LATEST, POST, epoch_of, hold, holder, intent, phase_of, stand, wish, write_flag

ADA = shell_actor("ada")
FROZEN = "the rollout is frozen by ada: odd latencies"


def frost() -> None:
    freeze(ADA, reason="odd latencies")


def test_both_ways_are_audited(rollout: Rollout) -> None:
    frost()
    now = Rollout.objects.get()
    assert (now.frozen, now.frozen_by, now.frozen_reason) == (True, "ada", "odd latencies")
    assert now.frozen_at is not None
    thaw(shell_actor("bob"), reason="it was the network")
    now = Rollout.objects.get()
    assert (now.frozen, now.frozen_by, now.frozen_reason, now.frozen_at) == (False, "", "", None)
    events = AuditEvent.objects.order_by("pk").values_list("actor", "action", "subject", "reason")
    assert list(events) == [
        ("ada", "route.freeze", "dynamodb-to-scylla", "odd latencies"),
        ("bob", "route.thaw", "dynamodb-to-scylla", "it was the network"),
    ]


def test_twice_is_refused_and_keeps_who_was_first(rollout: Rollout) -> None:
    frost()
    with pytest.raises(Refused, match=FROZEN):
        freeze(shell_actor("bob"), reason="me too")
    thaw(ADA, reason="over")
    with pytest.raises(Refused, match="the rollout is not frozen"):
        thaw(ADA, reason="over")
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize("switch", [freeze, thaw])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_it_takes_an_operator(rollout: Rollout, switch: Callable[..., None], role: Role) -> None:
    Rollout.objects.update(frozen=switch is thaw)
    with pytest.raises(NotAllowed, match="needs the role operator"):
        switch(Actor("eve", frozenset({role})), reason="fun")
    assert Rollout.objects.get().frozen is (switch is thaw)


@pytest.mark.parametrize("verb", ["advance", "rollback"])
@pytest.mark.parametrize("endpoint", [POST, LATEST])
def test_no_move_begins_not_even_a_read_going_back(rollout: Rollout, endpoint: Endpoint, verb: str) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    other = intent(POST, Phase.DUAL, Phase.CUTOVER)
    frost()
    with pytest.raises(Refused, match=FROZEN):
        carry_out(wish(endpoint, verb), wait=0)
    other.refresh_from_db()
    # Refused before it aborted what was under way.
    assert (other.step, epoch_of(rollout), Transition.objects.count()) == (Step.INTENT, 1, 1)


def test_a_freeze_between_plan_and_flip_refuses_the_flip(rollout: Rollout, inject: Inject) -> None:
    inject(moving, "flip", frost)
    with pytest.raises(Refused, match=FROZEN):
        carry_out(wish(POST), wait=0)
    assert (Transition.objects.get().step, epoch_of(rollout), write_flag()) == (Step.REFUSED, 1, WriteFlag.SOURCE)
    assert Rollout.objects.get().moving is False


def test_a_freeze_inside_a_hold_ends_it_with_the_old_authority(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(holding, "_release", frost)
    with pytest.raises(Refused, match=FROZEN):
        carry_out(wish(POST), wait=0)
    assert (Transition.objects.get().step, write_flag(), phase_of(POST)) == (
        Step.ABORTED,
        WriteFlag.SOURCE_MIRROR,
        Phase.DUAL,
    )


def test_a_hold_that_lost_its_process_is_ended_all_the_same(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.2)
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    left = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=hold(rollout))
    frost()
    recover_transitions()
    left.refresh_from_db()
    assert (left.step, write_flag()) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR)


def test_what_has_flipped_is_confirmed_all_the_same(rollout: Rollout) -> None:
    holder(acked=1)
    left = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=2)
    Rollout.objects.update(epoch=2)
    frost()
    Holder.objects.update(acked_epoch=2)
    assert carry_out(wish(POST), wait=0).pk == left.pk
    left.refresh_from_db()
    assert left.step == Step.DONE


def test_after_the_thaw_moves_go_on(rollout: Rollout) -> None:
    frost()
    thaw(ADA, reason="over")
    assert carry_out(wish(POST), wait=0).step == Step.DONE


def test_of_two_who_freeze_at_once_one_is_told(rollout: Rollout) -> None:
    told: list[str] = []
    barrier = threading.Barrier(2)

    def freeze_as(name: str) -> None:
        barrier.wait(10)
        try:
            freeze(shell_actor(name), reason="odd latencies")
        except Refused as refusal:
            told.append(str(refusal))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=freeze_as, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = Rollout.objects.get().frozen_by
    assert told == [f"the rollout is frozen by {winner}: odd latencies; end it with `manage.py route thaw`"]
    assert AuditEvent.objects.get().actor == winner
