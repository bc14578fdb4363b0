"""What holds for all tests."""

from __future__ import annotations

import pytest

from tests.examples import register_profile

register_profile()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests begin first: at the end they would keep one process busy and the others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
