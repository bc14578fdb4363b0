"""`manage.py seed_chat`: fills an empty table, refuses a used one, and says what it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chat.codec.faults import FaultCode
from chat.seeding.awkward import EACH, Oddity
from tests.chat.management.conftest import Names, Outcome

Run = Callable[..., Outcome]
SMALL = ("--comments", "200", "--rooms", "10", "--users", "8", "--until", "2026-01-01")


@pytest.fixture
def table(run: Run, names: Names) -> str:
    assert run("sync_schema", "--only", "dynamodb").code == 0
    return names.table


def items(client: Any, table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def test_it_writes_what_it_reports(run: Run, client: Any, table: str) -> None:
    outcome = run("seed_chat", *SMALL, "--seed", "7", "--json")
    assert outcome.code == 0
    rooms = [item["chat_room"]["S"] for item in items(client, table)]
    assert outcome.json == {
        "table": table,
        "seed": 7,
        "until": "2026-01-01T00:00:00+00:00",
        "written": 200,
        "rooms": 10,
        "in_chat": rooms.count("chat"),
        "awkward": {},
    }
    assert (len(rooms), len(set(rooms))) == (200, 10)
    assert rooms.count("chat") >= 20


def test_awkward_items_are_counted_by_kind(run: Run, client: Any, table: str) -> None:
    outcome = run("seed_chat", *SMALL, "--awkward", "--json")
    awkward = outcome.json["awkward"]
    assert set(awkward.values()) == {EACH}
    assert set(Oddity) < awkward.keys()
    assert awkward.keys() - set(Oddity) <= set(FaultCode)
    assert outcome.json["written"] == 200 + sum(awkward.values()) == len(items(client, table))


def test_a_table_that_holds_items_is_refused(run: Run, client: Any, table: str) -> None:
    run("seed_chat", *SMALL)
    before = items(client, table)
    outcome = run("seed_chat", *SMALL, "--seed", "2")
    assert outcome.code == 1
    assert f"the table {table} holds items already" in outcome.error
    assert "--append" in outcome.error
    assert items(client, table) == before


def test_appending_the_same_seed_changes_nothing_and_another_adds(run: Run, client: Any, table: str) -> None:
    run("seed_chat", *SMALL, "--awkward")
    before = items(client, table)
    assert run("seed_chat", *SMALL, "--awkward", "--append").code == 0
    assert items(client, table) == before
    assert run("seed_chat", *SMALL, "--seed", "2", "--append").code == 0
    assert len(items(client, table)) == len(before) + 200


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--comments", "19", "--rooms", "10"), "--comments 19 is too few for --rooms 10: give at least 20"),
        (("--comments", "0"), "0 is not 1 or more"),
        (("--until", "yesterday"), "yesterday is not a moment like"),
        (("--until", "2999-01-01"), "2999-01-01 is not between 2002-01-01 and now"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_before_anything_is_touched(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    outcome = run("seed_chat", *words)
    assert outcome.code == 2
    assert message in outcome.error


def test_a_missing_table_says_to_make_it(run: Run) -> None:
    outcome = run("seed_chat", *SMALL)
    assert outcome.code == 1
    assert "manage.py sync_schema" in outcome.error


def test_without_a_terminal_progress_is_plain_lines_beside_the_json(run: Run, table: str) -> None:
    outcome = run("seed_chat", *SMALL, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["written"] == 200
    assert outcome.error.startswith("200 of 200 items, ")
    assert "\r" not in outcome.error


def test_dynamodb_being_away_is_named_with_its_address(run: Run, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"dynamodb_endpoint_url": "http://127.0.0.1:9"})
    outcome = run("seed_chat", *SMALL)
    assert outcome.code == 3
    assert "dynamodb cannot be reached at http://127.0.0.1:9" in outcome.error


def test_help_has_an_example(run: Run) -> None:
    outcome = run("seed_chat", "--help")
    assert outcome.code == 0
    assert "manage.py seed_chat --comments 20000" in outcome.out
