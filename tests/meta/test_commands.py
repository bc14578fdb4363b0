"""Every command: help with an example, a test of its own, and plain words when an engine is away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat.management.base import UNREACHABLE
from tests.meta.cold import ColdMachine, Outcome, cold_machine
from tests.meta.files import ROOT

APPS = ("chat", "migration")
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Need:
    """What a command needs, how it must name where that is, and what it must tell the operator to do.

    `{port}` is the port that refuses. `migrated`: the control database is there; else it is out of reach too.
    """

    words: tuple[str, ...]
    engine: str
    address: str
    todo: str
    migrated: bool = True


CONTROL = ("control database", "missing/control.sqlite3", "manage.py migrate")
DYNAMODB = ("dynamodb", "http://127.0.0.1:{port}", "python -m devstack up")
CQL = ("scylla", "127.0.0.1 port {port}", "python -m devstack up")
BROKER = ("broker", "127.0.0.1:{port}", "start Redis")

NEEDS = (
    Need(("sync_schema", "--only", "scylla"), *CQL),
    Need(("sync_schema", "--only", "dynamodb"), *DYNAMODB),
    Need(("seed_chat", "--comments", "20", "--rooms", "2"), *DYNAMODB),
    Need(("rehearse",), *DYNAMODB),
    Need(("route", "status"), *CONTROL, migrated=False),
    Need(("ledger", "status"), *CONTROL, migrated=False),
    Need(("holders", "list"), *CONTROL, migrated=False),
    Need(("audit", "verify"), *CONTROL, migrated=False),
    Need(("quarantine", "list"), *CONTROL, migrated=False),
    Need(("backfill", "status"), *CONTROL, migrated=False),
    Need(("backfill", "start"), *BROKER),
    Need(("stream", "status"), *CONTROL, migrated=False),
    Need(("stream", "enable"), *DYNAMODB),
    Need(("parity", "status"), *CONTROL, migrated=False),
    Need(("parity", "run", "--inline"), *DYNAMODB),
    Need(("census", "run", "--inline"), *DYNAMODB),
)


def commands() -> list[tuple[str, str]]:
    """(app, command) of every command of ours."""
    return [
        (app, path.stem) for app in APPS for path in sorted((ROOT / app / "management" / "commands").glob("[!_]*.py"))
    ]


NAMES = [name for _, name in commands()]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdMachine]:
    with cold_machine(tmp_path_factory.mktemp("cold")) as cold:
        yield cold


@pytest.fixture(scope="module")
def migrated(machine: ColdMachine) -> Outcome:
    return machine.manage(["migrate"], database=machine.database)


@pytest.fixture(scope="module")
def helps(machine: ColdMachine) -> dict[str, Outcome]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = pool.map(lambda name: machine.manage([name, "--help"], database=machine.nowhere), NAMES)
        return dict(zip(NAMES, asked, strict=True))


@pytest.fixture(scope="module")
def refusals(machine: ColdMachine, migrated: Outcome) -> dict[tuple[str, ...], Outcome]:
    def run(need: Need) -> Outcome:
        return machine.manage(need.words, database=machine.database if need.migrated else machine.nowhere)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip([need.words for need in NEEDS], pool.map(run, NEEDS), strict=True))


def test_check_passes_with_every_engine_down(machine: ColdMachine) -> None:
    outcome = machine.manage(["check"], database=machine.nowhere)

    assert (outcome.code, outcome.err) == (0, "")


def test_migrate_makes_the_control_database_with_every_engine_down(migrated: Outcome, machine: ColdMachine) -> None:
    assert (migrated.code, migrated.err) == (0, "")
    assert (machine.var / "control.sqlite3").is_file()


def test_no_django_migration_is_missing(machine: ColdMachine, migrated: Outcome) -> None:
    outcome = machine.manage(["makemigrations", "--check", "--dry-run"], database=machine.database)

    assert (outcome.code, outcome.out.strip()) == (0, "No changes detected")


@pytest.mark.parametrize("name", NAMES)
def test_help_works_with_every_engine_down_and_gives_an_example(name: str, helps: dict[str, Outcome]) -> None:
    assert helps[name].code == 0
    assert f"example:\n  manage.py {name}" in helps[name].out


@pytest.mark.parametrize(("app", "name"), commands())
def test_each_command_has_a_test_of_its_own(app: str, name: str) -> None:
    found = list(Path(ROOT / "tests" / app / "management").rglob(f"test_{name}.py"))

    assert len(found) == 1, f"write tests/{app}/management/test_{name}.py"


def test_each_command_is_asked_with_its_engine_down() -> None:
    assert {need.words[0] for need in NEEDS} == set(NAMES)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: " ".join(need.words))
def test_a_command_says_which_engine_is_away_and_what_to_do(
    need: Need, refusals: dict[tuple[str, ...], Outcome], machine: ColdMachine
) -> None:
    outcome = refusals[need.words]

    assert outcome.code == UNREACHABLE
    for told in (need.engine, need.address.format(port=machine.port), need.todo):
        assert told in outcome.err


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: " ".join(need.words))
def test_an_engine_that_is_away_is_no_stack_trace(need: Need, refusals: dict[tuple[str, ...], Outcome]) -> None:
    assert "Traceback" not in refusals[need.words].err + refusals[need.words].out
