"""What flags mean, in sentences; and the ladder of the stepper."""

from __future__ import annotations

import pytest

from chat.data import Endpoint
from migration.admin.stepper import Stage, stages
from migration.admin.words import traffic
from migration.enums import Kind, Phase, WriteFlag
from migration.models import Rollout, Route
from migration.templatetags.sentences import sentence
from tests.migration.vectors import LATEST, POST, place


def said(endpoint: Endpoint) -> str:
    return traffic(Route.objects.select_related("rollout").get(endpoint=endpoint))


@pytest.mark.parametrize(
    ("phase", "sentence_said"),
    [
        (Phase.LEGACY, "dynamodb decides; nothing is mirrored."),
        (Phase.DUAL, "dynamodb decides, scylla-room follows."),
        (Phase.CUTOVER, "scylla-room decides, dynamodb follows."),
        (Phase.DECOMMISSION, "scylla-room decides; nothing is mirrored."),
    ],
)
def test_writes(rollout: Rollout, phase: Phase, sentence_said: str) -> None:
    place(POST, phase)

    assert said(POST) == sentence_said


def test_a_hold(rollout: Rollout) -> None:
    Route.objects.filter(endpoint=POST).update(phase=Phase.DUAL, write_flag=WriteFlag.HELD)

    assert said(POST) == "Writes wait while the authority moves."


@pytest.mark.parametrize(
    ("phase", "ramp", "sentence_said"),
    [
        (Phase.DUAL, 0, "dynamodb answers."),
        (Phase.SHADOW, 0, "dynamodb answers; scylla-room is asked too for 0 % of requests."),
        (Phase.CUTOVER, 30, "scylla-room answers for 30 % of rooms, dynamodb for the others."),
        (Phase.CUTOVER, 100, "scylla-room answers; dynamodb is kept up to date."),
        (Phase.DECOMMISSION, 100, "scylla-room answers alone."),
    ],
)
def test_reads(rollout: Rollout, phase: Phase, ramp: int, sentence_said: str) -> None:
    place(LATEST, phase, ramp=ramp)

    assert said(LATEST) == sentence_said


def test_the_ramp_of_the_timeline_goes_by_name(rollout: Rollout) -> None:
    Route.objects.update(enabled=True)
    place(Endpoint.USER_TIMELINE, Phase.CUTOVER, ramp=30)

    assert said(Endpoint.USER_TIMELINE) == "scylla-room answers for 30 % of names, dynamodb for the others."


def test_the_ladder_of_a_write_has_no_shadow() -> None:
    assert stages(Kind.WRITE, Phase.DUAL) == [
        Stage(Phase.LEGACY, "done"),
        Stage(Phase.DUAL, "now"),
        Stage(Phase.CUTOVER, "ahead"),
        Stage(Phase.DECOMMISSION, "ahead"),
    ]


def test_only_the_current_stage_has_a_share() -> None:
    shares = {stage.phase: stage.percent for stage in stages(Kind.READ, Phase.CUTOVER, percent=30)}

    assert shares == {**dict.fromkeys(Phase), Phase.CUTOVER: 30}


def test_commands_in_sentences_are_shown_as_code_and_all_else_is_escaped() -> None:
    assert sentence("run `manage.py x` <b>now</b>") == "run <code>manage.py x</code> &lt;b&gt;now&lt;/b&gt;"
    assert sentence("`<script>`") == "<code>&lt;script&gt;</code>"
