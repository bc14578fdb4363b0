"""A mirror that is written after the answer (protocol W9): what was answered is found though its process died."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from pytest_django import Settings

from migration.enums import DebtState, MirrorMode, Phase
from migration.ledger.files import collect_left_behind
from migration.models import Debt, Rollout, Route
from tests.faults import writers
from tests.faults.accounts import pay_everything, violations
from tests.migration.bed import Bed
from tests.migration.vectors import POST, stand


@pytest.fixture(autouse=True)
def _mirroring_later(bed: Bed, rollout: Rollout, settings: Settings) -> None:
    settings.VAR_DIR = bed.folder
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    Route.objects.filter(endpoint=POST).update(mirror_mode=MirrorMode.ASYNC)


def test_a_process_killed_while_the_mirror_waits_leaves_its_answers_to_others(bed: Bed, control: Path) -> None:
    writer = writers.start(bed, control, point="while the mirror waits", posts=3)
    assert writer.process.wait() == -signal.SIGKILL, writer.process.said
    # All were answered, though the mirror had none of the three.
    assert list(writer.accepted) == ["before it", "comment 0", "comment 1", "comment 2"]
    assert not {row.text for row in bed.rows()} & {"comment 0", "comment 1", "comment 2"}
    collect_left_behind()
    states = Debt.objects.filter(text__startswith="comment").values_list("text", "state")
    assert set(states) == {(f"comment {number}", DebtState.UNSETTLED) for number in range(3)}
    # Without the sweep: the in-flight file holds by itself.
    pay_everything(sweeping=False)
    assert violations(writer.accepted, bed) == []


def test_without_the_in_flight_file_they_are_missing(bed: Bed, control: Path) -> None:
    writer = writers.start(bed, control, point="while the mirror waits", posts=1, off=("inflight",))
    assert writer.process.wait() == -signal.SIGKILL, writer.process.said
    pay_everything(sweeping=False)
    assert "'comment 0' at" in " ".join(violations(writer.accepted, bed))
