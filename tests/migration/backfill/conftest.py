"""Both stores with writes mirrored, and pages so small that a test's table has many."""

from __future__ import annotations

import pytest

from migration.backfill import scanning
from tests.migration.bed import Bed, mirror_writes


@pytest.fixture
def mirrored(bed: Bed) -> Bed:
    mirror_writes()
    return bed


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 25)


@pytest.fixture
def single_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 1)
