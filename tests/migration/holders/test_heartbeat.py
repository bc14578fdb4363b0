"""Signs of life and confirmations count only while the holder lives (protocol F9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration.enums import HolderState
from migration.holders.heartbeat import acknowledge, beat
from migration.holders.identity import Identity
from migration.models import Holder, Rollout
from tests.migration.vectors import holder


def who(row: Holder) -> Identity:
    return Identity(host=row.host, pid=row.pid, started=row.started)


def test_a_heartbeat_moves_the_counter_and_notes_the_last_instant(rollout: Rollout) -> None:
    row = holder()
    assert beat(row.pk, who(row), issued_us=123)
    assert beat(row.pk, who(row), issued_us=456)
    row.refresh_from_db()
    assert (row.beats, row.issued_us) == (2, 456)


@pytest.mark.parametrize("state", [HolderState.DEAD, HolderState.LEFT])
def test_a_holder_that_is_no_more_is_told_so_and_changes_nothing(rollout: Rollout, state: HolderState) -> None:
    row = holder(state=state, acked=3)
    assert not beat(row.pk, who(row), issued_us=123)
    assert not acknowledge(row.pk, who(row), 4)
    row.refresh_from_db()
    assert (row.beats, row.issued_us, row.acked_epoch) == (0, 0, 3)


def test_a_confirmation_never_goes_back(rollout: Rollout) -> None:
    row = holder(acked=5)
    assert not acknowledge(row.pk, who(row), 4)
    assert not acknowledge(row.pk, who(row), 5)
    assert acknowledge(row.pk, who(row), 6)
    row.refresh_from_db()
    assert row.acked_epoch == 6


def test_a_row_that_became_another_process_s_is_not_this_one_s(rollout: Rollout) -> None:
    """After the control database was restored, numbers are given a second time."""
    row = holder(acked=1)
    stranger = replace(who(row), started=row.started + 1)
    assert not beat(row.pk, stranger, issued_us=123)
    assert not acknowledge(row.pk, stranger, 5)
    row.refresh_from_db()
    assert (row.beats, row.acked_epoch) == (0, 1)
