"""The control database away for long, alone and with the mirror: debts wait in the spools (protocol W6, F7, F9)."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.data import StoreId
from chat.routing.router import MIRROR_AWAY
from migration.conf import STALE_POLL_SECONDS, STALE_WAIT_SECONDS
from migration.enums import DebtState, Phase
from migration.models import Debt, Rollout
from tests.faults.campaigns import PATIENCE_SECONDS, Campaign, Window, play
from tests.faults.posting import WORKERS, WRITERS
from tests.migration.bed import Bed

MIRROR_DEADLINE = 1.0
CONTROL_LIMIT = 0.2
BUSY = 1.5
"""Seconds an answer may take for reasons of the machine, which runs other tests too. A request has five."""

# The mirror misses a little in the middle, or nothing would be owed that the database has to take.
DATABASE = Campaign("database away", Phase.DUAL, StoreId.SCYLLA_ROOM, Window(0.5, 0.7), database=Window(0, 1))
BOTH = Campaign("both away", Phase.DUAL, StoreId.SCYLLA_ROOM, Window(0, 0.7), database=Window(0.3, 1))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE_SECONDS)]


@pytest.fixture(autouse=True)
def _web_folder(bed: Bed, settings: Settings) -> None:
    settings.VAR_DIR = bed.folder / "web"


def waves(starts: list[float]) -> int:
    """How often somebody began to wait for a poll, when those who waited together count once."""
    found, first = 0, -inf
    for start in sorted(starts):
        if start > first + STALE_WAIT_SECONDS:
            found, first = found + 1, start
    return found


@pytest.mark.parametrize("campaign", [DATABASE, BOTH], ids=lambda campaign: campaign.name)
def test_debts_wait_in_the_spools_and_clients_do_not_wait(
    bed: Bed, rollout: Rollout, control: Path, campaign: Campaign
) -> None:
    course = play(campaign, bed, rollout, control)
    assert campaign.database is not None

    assert {answer.status for answer in course.load.answers} == {200}
    # What one post can meet at most: a poll that hangs, the mirror's deadline, and the limit of a control write.
    bound = STALE_WAIT_SECONDS + MIRROR_DEADLINE + CONTROL_LIMIT
    assert max(answer.seconds for answer in course.during) < bound + BUSY
    # A process whose poll hangs lets those writes wait for it that come within one second of each five (protocol F9);
    # and once its writes wait for the mirror.
    slow = [answer.at for answer in course.during if answer.seconds > 0.9 * STALE_WAIT_SECONDS]
    turns = WORKERS * (campaign.database.seconds / STALE_POLL_SECONDS + 1)
    assert waves(slow) <= turns
    assert len(slow) <= turns * WRITERS
    # Each process tries the database once a second, and nobody waits for it longer than the limit.
    late = [answer for answer in course.during if answer.seconds > CONTROL_LIMIT]
    assert len(late) < len(course.during) / 4
    assert 1 <= Debt.objects.exclude(cause=MIRROR_AWAY).count() <= WRITERS * WORKERS

    assert course.spooled_peak > 0
    assert (course.violations, course.drained_s is None) == ([], False)
    assert set(Debt.objects.values_list("owed", "state")) == {(campaign.mirror, DebtState.PAID)}
