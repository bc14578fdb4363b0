"""The page as a Django app of its own, so that its templates and assets are found."""

from __future__ import annotations

from django.apps import AppConfig


class ChatWebConfig(AppConfig):
    name = "chat.web"
    label = "chat_web"
