"""Some of these tests need processes that register with a control plane."""

from tests.migration.conftest import control, control_template

__all__ = ["control", "control_template"]
