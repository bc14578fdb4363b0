"""Keeps Django's migrations off the CQL alias; cqlengine has a connection of its own and never asks a router."""

from __future__ import annotations

from typing import Any


class ControlRouter:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == "scylla" or app_label == "chat" else None
