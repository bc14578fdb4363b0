"""Where everything stands, as scripts read it."""

from __future__ import annotations

import pytest

from migration.enums import DebtState, HolderState, Phase, Step
from migration.models import Rollout, Transition
from migration.people.actors import shell_actor
from migration.transitions.drilling import begin
from migration.transitions.freezing import freeze
from migration.transitions.status import outcome, status
from tests.migration.vectors import LATEST, POST, holder, intent, owe, stand


def test_the_whole_picture(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=40, complete=False)
    alive = holder(acked=1, slot=7)
    holder(state=HolderState.DEAD)
    owe()
    owe(state=DebtState.PAID, time_us=2)
    now = status()
    assert (now["rollout"], now["source"], now["target"], now["epoch"]) == (
        "dynamodb-to-scylla",
        "dynamodb",
        "scylla-room",
        1,
    )
    assert now["complete"] == {"dynamodb": True, "scylla-room": False}
    assert (now["unpaid"], now["transition"]) == (1, None)
    assert [(one["id"], one["slot"], one["epoch"]) for one in now["holders"]] == [(alive.pk, 7, 1)]
    endpoints = {route["endpoint"]: route for route in now["endpoints"]}
    assert endpoints["post_comment"]["writes"] == "source+mirror"
    assert endpoints["latest_comments"] == {
        "endpoint": "latest_comments",
        "kind": "read",
        "phase": "cutover",
        "reads": "target-ramp",
        "writes": "none",
        "ramp_percent": 40,
        "shadow_percent": 0,
        "mirror_mode": None,
        "enabled": True,
        "version": 1,
    }
    assert endpoints["user_timeline"]["enabled"] is False


@pytest.mark.parametrize(
    ("step", "verb", "word"),
    [
        (Step.DONE, "advance", "done"),
        (Step.DONE, "rollback", "rolled_back"),
        (Step.REFUSED, "rollback", "refused"),
        (Step.ABORTED, "advance", "refused"),
        (Step.INTENT, "advance", "waiting"),
        (Step.HELD, "rollback", "waiting"),
        (Step.FLIPPED, "ramp", "waiting"),
    ],
)
def test_the_outcome_in_the_words_of_the_report(rollout: Rollout, step: Step, verb: str, word: str) -> None:
    assert outcome(intent(POST, Phase.DUAL, Phase.CUTOVER, verb=verb, step=step)) == word


def test_the_last_transition_is_the_newest(rollout: Rollout) -> None:
    intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.DONE, epoch=2)
    newest = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=3)
    Transition.objects.filter(pk=newest.pk).update(hold_ms=12.5)
    shown = status()["transition"]
    assert (shown["id"], shown["endpoint"], shown["from"], shown["to"]) == (
        newest.pk,
        "latest_comments",
        "legacy",
        "dual",
    )
    assert (shown["outcome"], shown["epoch"], shown["hold_ms"]) == ("waiting", 3, 12.5)


def test_a_freeze_says_who_and_why(rollout: Rollout) -> None:
    assert status()["frozen"] is None
    freeze(shell_actor("ada"), reason="night")
    frozen = status()["frozen"]
    assert (frozen["by"], frozen["reason"]) == ("ada", "night")


def test_requests_are_apart_from_the_newest_transition(rollout: Rollout) -> None:
    begun = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.DONE, epoch=2)
    asked = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=Step.REQUESTED)
    Transition.objects.filter(pk=asked.pk).update(approval_needed=True)
    now = status()
    assert now["transition"]["id"] == begun.pk
    assert [(one["id"], one["actor"], one["approval_needed"], one["approved_by"]) for one in now["requests"]] == [
        (asked.pk, "ada", True, "")
    ]


def test_who_is_missing_is_named(rollout: Rollout) -> None:
    late = holder(acked=0)
    assert [(one["id"], one["epoch"]) for one in status()["missing"]] == [(late.pk, 0)]


def test_an_unfinished_drill_is_shown(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    begun = begin(LATEST, actor="ada", reason="weekly")
    assert [(one["id"], one["endpoint"], one["passed"]) for one in status()["drills"]] == [
        (begun.pk, "latest_comments", None)
    ]
