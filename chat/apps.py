"""The chat service as a Django app. It has no tables in the control database."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
