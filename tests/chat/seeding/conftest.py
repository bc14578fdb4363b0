"""A table of its own on the real engine for each test that writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import engines


@pytest.fixture(scope="session")
def client() -> Any:
    return engines.dynamodb_client()


@pytest.fixture
def table() -> Iterator[str]:
    with engines.dynamodb_table() as name:
        yield name
