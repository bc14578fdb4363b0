"""The control plane of the move as a Django app. Delete it when the rollout is over: `chat` serves on alone."""

from __future__ import annotations

from django.apps import AppConfig


class MigrationConfig(AppConfig):
    name = "migration"
    verbose_name = "Move of the chat tables"
