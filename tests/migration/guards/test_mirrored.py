"""A mirror that is written after the answer answers no read (protocol W9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration.enums import MirrorMode, Phase
from migration.guards.answer import Answer, Move
from migration.guards.mirrored import mirrored
from migration.models import Rollout, Route
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, READS, place, stand, wish


def mirroring(mode: MirrorMode) -> Answer:
    """Asked for the write endpoint to change its mode where it stands."""
    move = plan(wish(POST))
    return mirrored(replace(move, verb="mirror", after=move.before, mirror=mode))


def reading() -> Move:
    return plan(wish(LATEST))


@pytest.mark.parametrize("reads", [Phase.LEGACY, Phase.DUAL, Phase.SHADOW])
def test_the_mirror_may_follow_while_the_source_answers(rollout: Rollout, reads: Phase) -> None:
    stand(rollout, write=Phase.DUAL, reads=reads)
    assert mirroring(MirrorMode.ASYNC).ok


def test_not_while_one_read_is_answered_from_it_for_any_share(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    place(READS[1], Phase.CUTOVER, ramp=0)
    answer = mirroring(MirrorMode.ASYNC)
    assert not answer.ok
    assert answer.reason == (
        f"the mirror is written after the answer, but {READS[1]} would be answered from it; "
        "use `manage.py route mirror post_comment sync`"
    )
    assert mirroring(MirrorMode.SYNC).ok


def test_an_endpoint_that_no_address_serves_is_left_out(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    place(READS[1], Phase.CUTOVER, ramp=100)
    Route.objects.filter(endpoint=READS[1]).update(enabled=False)
    assert mirroring(MirrorMode.ASYNC).ok


@pytest.mark.parametrize("mode", list(MirrorMode))
def test_a_read_goes_to_the_target_only_once_answers_wait_for_it(rollout: Rollout, mode: MirrorMode) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    Route.objects.filter(endpoint=POST).update(mirror_mode=mode)
    assert mirrored(reading()).ok is (mode is MirrorMode.SYNC)
