"""The record of a rehearsal."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from migration.rehearsal.recording import Record
from migration.rehearsal.screen import Screen


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(screen=Screen(out=StringIO()), marks=tmp_path / "marks.jsonl")


def test_a_step_that_fails_is_kept_and_raised(record: Record) -> None:
    with pytest.raises(RuntimeError), record.step("move", endpoint="post_comment", before="dual", after="cutover"):
        raise RuntimeError("the target is away")
    (step,) = record.steps
    assert step["seconds"] >= 0
    del step["seconds"]
    assert step == {
        "name": "move",
        "endpoint": "post_comment",
        "from": "dual",
        "to": "cutover",
        "ok": False,
        "detail": "the target is away",
    }


def test_marks_are_appended_with_their_time(record: Record) -> None:
    record.mark("moves-begin")
    record.mark("moves-end")
    marks = [json.loads(line) for line in record.marks.read_text().splitlines()]
    assert [mark["name"] for mark in marks] == ["moves-begin", "moves-end"]
    assert marks[0]["at"] <= marks[1]["at"]
