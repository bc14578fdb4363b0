"""What a campaign counted reaches whoever asked for it, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.counts import note


def test_each_campaign_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes.jsonl"
    monkeypatch.setenv("SOAK_NOTES", str(notes))
    note("first", lost=0)
    note("second", violations=["two\nlines"])
    assert [json.loads(line) for line in notes.read_text().splitlines()] == [
        {"campaign": "first", "lost": 0},
        {"campaign": "second", "violations": ["two\nlines"]},
    ]


def test_nobody_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOAK_NOTES", raising=False)
    monkeypatch.chdir(tmp_path)
    note("first", lost=0)
    assert list(tmp_path.iterdir()) == []
