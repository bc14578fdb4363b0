"""Whole processes on a control database, and where needed on the real engines, of one test's own."""

from tests.migration.conftest import bed, control, control_template, cql, dynamodb, ground
from tests.migration.vectors import rollout

__all__ = ["bed", "control", "control_template", "cql", "dynamodb", "ground", "rollout"]
