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


FILL = "run `manage.py backfill start --source reverse`, then `manage.py parity run`"


def test_a_source_that_was_left_says_how_to_fill_it_up_again(rollout: Rollout) -> None:
    """First the mirror, then the reverse backfill (protocol F2)."""
    stand(rollout, write=Phase.DECOMMISSION, reads=Phase.CUTOVER)
    StoreState.objects.filter(store="dynamodb").update(complete=False)
    assert complete(plan(wish(LATEST, "rollback"))).reason == (
        "dynamodb is not complete: writes are not mirrored to it; go back with "
        f"`manage.py route rollback post_comment --reason ...` first, then {FILL}"
    )
    place(POST, Phase.CUTOVER)
    assert complete(plan(wish(POST, "rollback"))).reason == (
        f"dynamodb is not complete: it missed writes while it was written no more; {FILL}"
    )


def test_the_mirror_is_turned_on_again_before_the_source_is_complete(rollout: Rollout) -> None:
    """Otherwise it could never become complete again."""
    stand(rollout, write=Phase.DECOMMISSION, reads=Phase.DECOMMISSION)
    StoreState.objects.filter(store="dynamodb").update(complete=False)
    assert complete(plan(wish(POST, "rollback"))).ok


def test_complete_stores_pass(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=True)
    answer = complete(plan(wish(LATEST)))
    assert (answer.ok, answer.reason) == (True, "dynamodb, scylla-room must be complete, and is")


def test_a_store_nobody_ever_judged_is_not_complete(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    StoreState.objects.filter(store="scylla-room").delete()
    assert not complete(plan(wish(LATEST))).ok
