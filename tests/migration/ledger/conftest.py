"""These tests begin with the rollout of a new installation."""

from tests.migration.vectors import rollout

__all__ = ["rollout"]
