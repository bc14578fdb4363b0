"""The vector rules are asked of the vector as it would be after the move (protocol F1)."""

from __future__ import annotations

import pytest

from chat.data import Endpoint
from migration.enums import Phase
from migration.guards.vector import vector
from migration.models import Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, place, stand, wish


@pytest.mark.parametrize(
    ("write", "reads", "endpoint", "verb", "fault"),
    [
        (Phase.LEGACY, Phase.DUAL, LATEST, "advance", "post_comment is in legacy and latest_comments in shadow"),
        (Phase.DUAL, Phase.SHADOW, POST, "rollback", "post_comment is in legacy and latest_comments in shadow"),
        (Phase.DUAL, Phase.CUTOVER, LATEST, "advance", "post_comment is in dual and latest_comments in decommission"),
        (Phase.CUTOVER, Phase.DECOMMISSION, POST, "rollback", "post_comment is in dual and latest_comments in decom"),
        (Phase.CUTOVER, Phase.CUTOVER, POST, "advance", "post_comment is in decommission and latest_comments in cut"),
        (Phase.DECOMMISSION, Phase.DECOMMISSION, LATEST, "rollback", "writes stop at the source only when every read"),
    ],
)
def test_moves_into_an_illegal_vector_both_ways(
    rollout: Rollout, write: Phase, reads: Phase, endpoint: Endpoint, verb: str, fault: str
) -> None:
    stand(rollout, write=write, reads=reads)
    answer = vector(plan(wish(endpoint, verb)))
    assert not answer.ok
    assert fault in answer.reason


@pytest.mark.parametrize(
    ("write", "reads", "endpoint", "verb"),
    [
        (Phase.LEGACY, Phase.LEGACY, POST, "advance"),
        (Phase.DUAL, Phase.DUAL, LATEST, "advance"),
        (Phase.DUAL, Phase.CUTOVER, POST, "advance"),
        (Phase.CUTOVER, Phase.CUTOVER, LATEST, "advance"),
        (Phase.CUTOVER, Phase.DECOMMISSION, POST, "advance"),
        (Phase.DECOMMISSION, Phase.DECOMMISSION, POST, "rollback"),
        (Phase.CUTOVER, Phase.CUTOVER, POST, "rollback"),
    ],
)
def test_the_way_there_and_back_is_legal(
    rollout: Rollout, write: Phase, reads: Phase, endpoint: Endpoint, verb: str
) -> None:
    stand(rollout, write=write, reads=reads)
    assert vector(plan(wish(endpoint, verb))).ok


def test_an_endpoint_that_is_off_does_not_stand_in_the_way(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.DECOMMISSION)
    place(Endpoint.USER_TIMELINE, Phase.LEGACY)
    assert vector(plan(wish(POST))).ok
