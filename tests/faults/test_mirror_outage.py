"""A mirror away for long, either way: one deadline for each process, no client notices, all is paid (protocol W6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from chat.data import StoreId
from chat.routing.router import MIRROR_AWAY
from migration.enums import DebtState, Phase
from migration.models import Debt, Rollout
from tests.faults.campaigns import PATIENCE_SECONDS, Campaign, Window, p99, play
from tests.faults.posting import WORKERS, WRITERS
from tests.migration.bed import Bed

MIRROR_DEADLINE = 1.0
CONTROL_LIMIT = 0.2
BUSY = 1.5
"""Seconds an answer may take for reasons of the machine, which runs other tests too. A request has five."""

CQL = Campaign("cql away", Phase.DUAL, StoreId.SCYLLA_ROOM, engine=Window(0, 1))
DYNAMODB = Campaign("dynamodb away", Phase.CUTOVER, StoreId.DYNAMODB, engine=Window(0, 1))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE_SECONDS)]


@pytest.fixture(autouse=True)
def _web_folder(bed: Bed, settings: Settings) -> None:
    settings.VAR_DIR = bed.folder / "web"


@pytest.mark.parametrize("campaign", [CQL, DYNAMODB], ids=lambda campaign: campaign.name)
def test_a_mirror_that_is_away_costs_one_deadline_and_no_comment(
    bed: Bed, rollout: Rollout, control: Path, campaign: Campaign
) -> None:
    course = play(campaign, bed, rollout, control)

    assert {answer.status for answer in course.load.answers} == {200}
    assert max(answer.seconds for answer in course.during) < MIRROR_DEADLINE + CONTROL_LIMIT + BUSY
    assert p99(course.during) - p99(course.before) <= MIRROR_DEADLINE
    # Only those that were under way when a process met the outage waited for the mirror; after them it was not asked.
    waited = Debt.objects.exclude(cause=MIRROR_AWAY).count()
    assert 1 <= waited <= WRITERS * WORKERS

    assert course.debts_peak > 50
    assert (course.violations, course.drained_s is None) == ([], False)
    assert set(Debt.objects.values_list("owed", "state")) == {(campaign.mirror, DebtState.PAID)}
