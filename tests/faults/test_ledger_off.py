"""What ledger, spool, in-flight file and sweep are for: without any of them the check finds a loss."""

from __future__ import annotations

import signal
from pathlib import Path
from time import monotonic, sleep

import pytest
from pytest_django import Settings

from chat.conf import env
from migration.enums import Phase
from migration.models import ActiveRoom, Rollout
from tests.faults import writers
from tests.faults.accounts import database_away, pay_everything, violations
from tests.faults.writers import Writer
from tests.migration.bed import Bed
from tests.migration.vectors import stand

POSTS = 3
LOST = [f"'comment {number}'" for number in range(POSTS)]


@pytest.fixture(autouse=True)
def _dual(bed: Bed, rollout: Rollout, settings: Settings) -> None:
    settings.VAR_DIR = bed.folder
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)


def await_accepted(writer: Writer, wanted: int) -> None:
    writer.process.lines(wanted)


def texts(found: list[str]) -> set[str]:
    """Which comments the violations name."""
    return {text for text in LOST if any(line.startswith(text) for line in found)}


def found_when_the_mirror_is_away(bed: Bed, control: Path, *off: str) -> list[str]:
    """Killed when it has been answered three times; all are comments that the mirror missed."""
    writer = writers.start(bed, control, point="all is well", posts=POSTS, off=off)
    await_accepted(writer, 1 + POSTS)
    writer.process.kill()
    pay_everything(sweeping=False)
    return violations(writer.accepted, bed)


def test_with_the_ledger_nothing_is_missing(bed: Bed, control: Path) -> None:
    assert found_when_the_mirror_is_away(bed, control) == []


def test_without_the_ledger_comments_are_missing(bed: Bed, control: Path) -> None:
    assert texts(found_when_the_mirror_is_away(bed, control, "ledger")) == set(LOST)


def found_when_the_database_is_away_too(bed: Bed, control: Path, *off: str) -> list[str]:
    """Killed while it cannot be reached: then only the spool has them."""
    go = bed.folder / "go"
    writer = writers.start(bed, control, point="all is well", posts=POSTS, off=off, wait_for=go)
    await_accepted(writer, 2)
    with database_away(control):
        go.touch()
        await_accepted(writer, 2 + POSTS)
        writer.process.kill()
    pay_everything(sweeping=False)
    return violations(writer.accepted, bed)


def test_with_the_spool_nothing_is_missing(bed: Bed, control: Path) -> None:
    assert found_when_the_database_is_away_too(bed, control) == []


def test_without_the_spool_comments_are_missing(bed: Bed, control: Path) -> None:
    assert texts(found_when_the_database_is_away_too(bed, control, "spool")) == set(LOST)


def found_when_killed_between_the_stores(bed: Bed, control: Path, *off: str, sweeping: bool) -> list[str]:
    go = bed.folder / "go"
    writer = writers.start(bed, control, point="after the authority", off=off, wait_for=go)
    await_accepted(writer, 2)
    while not ActiveRoom.objects.exists():
        sleep(0.05)
    go.touch()
    assert writer.process.wait() == -signal.SIGKILL, writer.process.said
    if sweeping:
        # Until it is no longer among those that may still be on their way.
        began = monotonic()
        pay_everything()
        while violations(writer.accepted, bed) and monotonic() - began < 10:
            sleep(0.2)
            pay_everything()
    else:
        pay_everything(sweeping=False)
    return violations(writer.accepted, bed)


def test_with_the_in_flight_file_nothing_is_missing(bed: Bed, control: Path) -> None:
    assert found_when_killed_between_the_stores(bed, control, sweeping=False) == []


def test_without_the_in_flight_file_the_sweep_finds_it(bed: Bed, control: Path, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"request_timeout_seconds": 0.5, "mirror_timeout_seconds": 0.1})
    assert found_when_killed_between_the_stores(bed, control, "inflight", sweeping=True) == []


def test_without_both_a_comment_is_in_one_store_only(bed: Bed, control: Path) -> None:
    found = found_when_killed_between_the_stores(bed, control, "inflight", sweeping=False)
    assert texts(found) == {"'comment 0'"}
    assert all(line.endswith("is in one store only") for line in found)
