"""No move enters a store that may lack something; no read is kept in a store by what that store lacks (F2, F8)."""

from __future__ import annotations

import pytest

from migration.enums import Phase
from migration.guards.complete import complete, stores_needed
from migration.models import Rollout, StoreState
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, place, stand, wish

SOURCE, TARGET = {"dynamodb"}, {"scylla-room"}
BOTH = SOURCE | TARGET


@pytest.mark.parametrize(
    ("before", "verb", "needed"),
    [
        (Phase.LEGACY, "advance", SOURCE),
        (Phase.DUAL, "advance", BOTH),
        (Phase.SHADOW, "advance", BOTH),
        (Phase.CUTOVER, "advance", TARGET),
        (Phase.DECOMMISSION, "rollback", set()),
        (Phase.CUTOVER, "rollback", SOURCE),
        (Phase.SHADOW, "rollback", SOURCE),
        (Phase.DUAL, "rollback", SOURCE),
    ],
)
def test_what_a_read_needs(rollout: Rollout, before: Phase, verb: str, needed: set[str]) -> None:
    place(LATEST, before)
    assert stores_needed(plan(wish(LATEST, verb))) == needed


@pytest.mark.parametrize(("percent", "needed"), [(0, BOTH), (99, BOTH), (100, TARGET)])
def test_what_a_ramp_needs(rollout: Rollout, percent: int, needed: set[str]) -> None:
    place(LATEST, Phase.CUTOVER)
    assert stores_needed(plan(wish(LATEST, "ramp", percent=percent))) == needed


@pytest.mark.parametrize(
    ("before", "verb", "needed"),
    [
        (Phase.LEGACY, "advance", set()),
        (Phase.DUAL, "advance", TARGET),
        (Phase.CUTOVER, "advance", set()),
        (Phase.DECOMMISSION, "rollback", set()),
        (Phase.CUTOVER, "rollback", SOURCE),
        (Phase.DUAL, "rollback", set()),
    ],
)
def test_what_a_write_needs(rollout: Rollout, before: Phase, verb: str, needed: set[str]) -> None:
    place(POST, before)
    assert stores_needed(plan(wish(POST, verb))) == needed


def test_an_incomplete_store_is_named_with_what_to_do(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    answer = complete(plan(wish(LATEST)))
    assert not answer.ok
    assert answer.reason == (
        "scylla-room is not complete: run `manage.py backfill start` while writes are mirrored to it"
    )
    assert answer.evidence["scylla-room"] == {"missing": "a verified backfill"}


def test_complete_stores_pass(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=True)
    answer = complete(plan(wish(LATEST)))
    assert (answer.ok, answer.reason) == (True, "dynamodb, scylla-room must be complete, and is")


def test_a_store_nobody_ever_judged_is_not_complete(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    StoreState.objects.filter(store="scylla-room").delete()
    assert not complete(plan(wish(LATEST))).ok
