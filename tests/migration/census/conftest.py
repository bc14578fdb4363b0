"""Pages so small that a test's table has many."""

from __future__ import annotations

import pytest

from migration.backfill import scanning


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 7)
