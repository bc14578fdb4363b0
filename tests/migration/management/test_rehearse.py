"""The main job, small: every phase on real engines and processes under live traffic, and a verdict."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chatproject.env import BASE_DIR
from migration.rehearsal.stage.ground import clear_ground

NAME = f"rehearsal_{secrets.token_hex(4)}"
PHASES = {"dual", "shadow", "cutover", "decommission"}
READS = ("latest_comments", "comments_since", "all_comments")


def rehearse(var: Path, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
    own = {"VAR_DIR": str(var), "DYNAMODB_TABLE": NAME, "KEYSPACE": NAME, "WEB_PORT": "18080"} | changed
    return subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), "rehearse", f"--report={var / 'report.json'}", *words],
        env=dict(os.environ) | own,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, Any]]]:
    var = tmp_path_factory.mktemp("rehearsal")
    done = rehearse(var, "--comments=1500", "--rooms=8", "--seconds=30", "--minimum=300", "--no-outage")
    report = var / "report.json"
    yield done, json.loads(report.read_text()) if report.exists() else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "ENV", settings.ENV.model_copy(update={"dynamodb_table": NAME, "keyspace": NAME}))
        clear_ground(var / "rehearsal" / "owner.json", reset=False)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_live_table_is_moved_and_nothing_is_lost(played: tuple[Any, dict[str, Any]]) -> None:
    done, report = played
    assert (done.returncode, report.get("verdict_reasons")) == (0, []), done.stdout + done.stderr
    traffic = report["traffic"]
    assert report["verdict"] == "pass"
    assert (traffic["failed"], traffic["lost"], traffic["duplicated"]) == (0, 0, 0)
    assert traffic["missed_by_pollers"]["v1"] == 0
    assert traffic["acknowledged"] >= 300


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_phase_was_passed_with_drills_on_the_way(played: tuple[Any, dict[str, Any]]) -> None:
    _, report = played
    moves = [(move["endpoint"], move["to"], move["outcome"]) for move in report["transitions"]]
    for endpoint in READS:
        assert {to for name, to, outcome in moves if name == endpoint and outcome == "done"} == PHASES
    assert ("post_comment", "dual", "rolled_back") in moves
    assert ("comments_since", "shadow", "rolled_back") in moves
    holds = [move["hold_ms"] is not None for move in report["transitions"] if move["endpoint"] == "post_comment"]
    assert holds == [False, True, True, True, False]
    drills = [(drill["endpoint"], drill["failed"], drill["lost"]) for drill in report["drills"]]
    assert drills == [("comments_since", 0, 0), ("post_comment", 0, 0)]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_accounts_of_the_awkward_table_balance(played: tuple[Any, dict[str, Any]]) -> None:
    _, report = played
    table, backfill = report["table"], report["backfill"]
    assert table["items"] == table["mappable"] + sum(table["quarantined"].values())
    assert backfill["quarantined"] == sum(table["quarantined"].values()) > 30
    assert backfill["read"] == backfill["written"] + backfill["quarantined"] + backfill["skipped"]
    assert [run["digest_source"] == run["digest_target"] for run in report["parity"]] == [True] * 3


def test_a_store_on_another_machine_is_refused(tmp_path: Path) -> None:
    done = rehearse(tmp_path, DYNAMODB_ENDPOINT_URL="http://192.0.2.7:8000")
    assert done.returncode == 1
    assert "192.0.2.7 is not this machine" in done.stderr


@pytest.mark.parametrize(("option", "value"), [("--comments", "99"), ("--seconds", "soon"), ("--sabotage", "burn")])
def test_bad_options_are_named(tmp_path: Path, option: str, value: str) -> None:
    done = rehearse(tmp_path, f"{option}={value}")
    assert done.returncode == 2
    assert value in done.stderr
