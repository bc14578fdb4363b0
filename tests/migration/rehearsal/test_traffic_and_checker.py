"""The generator and the checker together, over a server that keeps its comments in the real stores."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.migration.rehearsal.chat_double import ChatDouble, Comment
from tests.migration.rehearsal.finished_run import Stage, copy_table, plain_item, seed_table
from tests.migration.rehearsal.stores import RealStores

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def stage(stores: RealStores, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Stage:
    stage = Stage(stores=stores, home=tmp_path, capture=capsys, minimum=60)
    seed_table(stores)
    stage.survey()
    copy_table(stores)
    return stage


def keep_in(stores: RealStores, comment: Comment) -> None:
    seconds, fraction = comment["time"].split(".")
    time_us = int(seconds) * 1_000_000 + int(fraction.ljust(6, "0"))
    stores.put_item(plain_item("chat", comment["name"], comment["time"], comment["comment"]))
    stores.put_row("chat", time_us, comment["name"], comment["comment"])


def run_traffic(stage: Stage, double: ChatDouble) -> None:
    size = ["--seconds", "60", "--posts", "60", "--writers", "3", "--readers", "1", "--rate", "60"]
    log = str(stage.home / "generated.jsonl")
    command = [sys.executable, "-m", "migration.rehearsal.traffic", "--url", double.url, "--log", log, *size]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, timeout=60)
    stage.records = [json.loads(line) for line in Path(log).read_text().splitlines()]


def check(stage: Stage) -> tuple[int, dict[str, Any]]:
    stage.marks = [{"at": time.time(), "name": "moves-begin"}]
    return stage.check()


def test_real_traffic_against_a_faithful_server_passes(stage: Stage, double: ChatDouble) -> None:
    double.keep = lambda comment: keep_in(stage.stores, comment)
    run_traffic(stage, double)
    code, report = check(stage)

    figures = report["traffic"]
    assert (code, report["verdict_reasons"]) == (0, [])
    assert (figures["acknowledged"], figures["failed"], figures["lost"], figures["duplicated"]) == (
        60,
        0,
        0,
        0,
    )
    assert figures["missed_by_pollers"] == {"v1": 0, "legacy": 0, "baseline": 0}
    assert figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert figures["longest_gap_ms"] > 0


def test_a_server_that_forgets_one_acknowledged_comment_is_caught(stage: Stage, double: ChatDouble) -> None:
    kept: list[Comment] = []

    def forget_the_tenth(comment: Comment) -> None:
        kept.append(comment)
        if len(kept) != 10:
            keep_in(stage.stores, comment)

    double.keep = forget_the_tenth
    run_traffic(stage, double)
    code, report = check(stage)

    forgotten = (kept[9]["name"], kept[9]["time"])
    key = f"({json.dumps(forgotten[0], ensure_ascii=False)}, {forgotten[1]})"
    assert (code, report["traffic"]["lost"]) == (1, 1)
    assert len(report["verdict_reasons"]) == 2
    assert all(reason.startswith(f"lost: {key} acknowledged as ") for reason in report["verdict_reasons"])


def test_dropped_answers_are_failures_and_their_comments_are_no_strangers(stage: Stage, double: ChatDouble) -> None:
    double.keep = lambda comment: keep_in(stage.stores, comment)
    double.trouble = lambda number: "drop after storing" if number in (20, 40) else None
    stage.minimum = 58
    run_traffic(stage, double)
    code, report = check(stage)

    assert (code, report["traffic"]["failed"], report["traffic"]["acknowledged"]) == (1, 2, 58)
    assert [reason.split(":")[0] for reason in report["verdict_reasons"]] == ["failed", "failed"]
