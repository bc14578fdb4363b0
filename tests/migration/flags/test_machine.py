"""In any order of moves, polls, writes, freezes and deaths the rules over vectors and holders hold (F1 to F9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as limits
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import DjangoDbBlocker, Settings

from chat.conf import env
from migration.enums import Phase
from migration.flags.admissions import Admissions
from migration.transitions import moving
from tests.faults.test_mechanisms import flip_at_once
from tests.migration.flags.conftest import FakeMonotonic
from tests.migration.flags.machine import Machine
from tests.migration.flags.simulated import install
from tests.migration.vectors import POST


@pytest.fixture
def machine(
    control_template: Path,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[type[Machine]]:
    settings.ENV = env().model_copy(update={"hold_wait_seconds": 0.0})
    Machine.template, Machine.folder, Machine.settings = control_template, tmp_path, settings
    Machine.clock = FakeMonotonic()
    Machine.meanwhile = install(monkeypatch, Machine.clock)
    with django_db_blocker.unblock():
        yield Machine


def test_the_rules_hold_in_any_order_of_events(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=limits(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def move_around_a_write(machine: type[Machine]) -> None:
    """One order of events that both mechanisms below are for: a write is under way while everybody polls."""
    one = machine()
    one.begin(beginning=(Phase.DUAL, Phase.CUTOVER), walks=False)
    try:
        one.admit(who=0)
        one.move(endpoint=POST, verb="advance", steps=[["look"]] * 8)
        one.no_two_write_vectors_but_neighbours()
    finally:
        one.teardown()


def test_a_write_under_way_keeps_the_authority(machine: type[Machine]) -> None:
    move_around_a_write(machine)


def test_it_does_not_when_processes_confirm_before_their_older_writes_ended(
    machine: type[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admissions, "confirmable", lambda gate: gate.snapshot.epoch)
    with pytest.raises(AssertionError, match=r"\{1, 3\}|\{1, 2, 3\}"):
        move_around_a_write(machine)


def test_it_does_not_without_the_hold(machine: type[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "move_authority", flip_at_once)
    with pytest.raises(AssertionError, match=r"\{1, 3\}|\{1, 2, 3\}"):
        move_around_a_write(machine)
