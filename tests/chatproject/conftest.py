"""A control database for tests that send requests."""

from __future__ import annotations

from tests.migration.conftest import control, control_template

__all__ = ["control", "control_template"]
