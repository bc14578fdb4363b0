"""Runs and segments as rows; no engine takes part."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration.enums import RunKind
from migration.models import Run, Segment


@pytest.fixture
def run(control: Path) -> Run:
    return Run.objects.create(kind=RunKind.BACKFILL, source="dynamodb", target="scylla-room", epoch=2, expected=100)


@pytest.fixture
def segment(run: Run) -> Segment:
    return Segment.objects.create(run=run, number=0)
