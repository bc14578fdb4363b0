"""A dry run tells what the real move would do, and leaves no trace."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from chat.conf import env
from migration.enums import Phase, Step
from migration.exceptions import IllegalMove
from migration.models import AuditEvent, Rollout, Transition
from migration.transitions.moving import carry_out
from migration.transitions.preview import preview
from tests.migration.vectors import LATEST, POST, epoch_of, holder, intent, owe, stand, wish


def test_a_plain_step(rollout: Rollout) -> None:
    shown = preview(wish(POST))
    assert (shown.before, shown.after, shown.epoch, shown.ok, shown.approval_needed) == (
        "legacy",
        "dual",
        1,
        True,
        False,
    )
    assert shown.steps[-2:] == ("flip: epoch 2", "confirmed: every live process acts under it")
    assert shown.effect == (
        "now: posts go to dynamodb alone",
        "then: dynamodb decides each post, scylla-room gets a copy",
    )
    assert (shown.holders, shown.missing, shown.notes) == (0, (), ())


def test_it_changes_nothing(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    for one in (wish(POST), wish(LATEST, "rollback"), wish(LATEST, "ramp", percent=5)):
        preview(one)
    assert (Transition.objects.count(), AuditEvent.objects.count(), epoch_of(rollout)) == (0, 0, 1)
    assert Rollout.objects.get().moving is False


def test_it_asks_the_guards_that_the_move_asks(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    names = [answer.name for answer in preview(wish(POST)).answers]
    made = carry_out(wish(POST), wait=1)
    assert names == [guard["name"] for guard in made.guards]


def test_the_authority_moves_through_a_hold_that_pays_first(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    owe()
    shown = preview(wish(POST))
    assert shown.ok
    assert [step.split(":")[0] for step in shown.steps] == ["guards", "hold", "drain", "flip", "confirmed"]
    assert "epoch 3, scylla-room decides" in shown.steps[3]
    assert shown.notes == (
        "scylla-room: 1 comments owed to it, 0 unsettled: paid inside the hold, or the move goes back",
    )


def test_a_refusal_is_told_with_every_reason(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW, complete=False)
    silent = holder(acked=0)
    owe()
    shown = preview(wish(LATEST))
    assert not shown.ok
    assert [answer.name for answer in shown.answers if not answer.ok] == ["complete", "confirmed", "debts"]
    assert [one.holder for one in shown.missing] == [str(silent)]
    assert shown.as_json()["ok"] is False


def test_a_freeze_is_one_of_them(rollout: Rollout) -> None:
    Rollout.objects.update(frozen=True, frozen_by="ada", frozen_reason="night")
    shown = preview(wish(POST))
    assert [answer.name for answer in shown.answers if not answer.ok] == ["thawed"]


def test_what_is_lost_is_said(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.DECOMMISSION)
    assert preview(wish(POST)).effect[-1] == ("dynamodb is written no more: from then on it is not complete")


def test_a_share_is_told_in_words(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=10)
    assert preview(wish(LATEST, "ramp", percent=40)).effect == (
        "now: scylla-room answers for 10 % of the rooms, dynamodb for the rest",
        "then: scylla-room answers for 40 % of the rooms, dynamodb for the rest",
    )
    assert preview(wish(LATEST, "shadow", percent=5)).effect[1] == (
        "then: scylla-room answers for 10 % of the rooms, dynamodb for the rest, "
        "and the other store is asked as well for 5 % of the requests"
    )
    assert preview(wish(LATEST, "rollback")).effect[1] == "then: dynamodb answers every request"


def test_the_second_person_is_a_step(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"approval_required": True})
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    shown = preview(wish(POST))
    assert shown.approval_needed
    assert shown.steps[0] == "requested: an approver who did not request it approves it"
    assert shown.ok


@pytest.mark.parametrize(("verb", "end"), [("rollback", "it is aborted or overtaken"), ("advance", "it ends first")])
def test_an_unfinished_transition_is_told(rollout: Rollout, verb: str, end: str) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    other = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.INTENT)
    assert preview(wish(LATEST, verb)).notes == (f"transition {other.pk} (advance post_comment) is unfinished: {end}",)


def test_an_impossible_move_has_no_preview(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove, match="legacy is the first phase"):
        preview(wish(POST, "rollback"))
