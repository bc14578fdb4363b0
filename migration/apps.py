"""The control plane of the move as a Django app. Delete it when the rollout is over: `chat` serves on alone."""

from __future__ import annotations

from django.apps import AppConfig


class MigrationConfig(AppConfig):
    name = "migration"
    verbose_name = "Move of the chat tables"

    def ready(self) -> None:
        from migration.holders.dead import before_burial
        from migration.ledger.files import is_collected
        from migration.ledger.gauges import register_gauges

        if is_collected not in before_burial:
            before_burial.append(is_collected)
        register_gauges()
