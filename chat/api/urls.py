"""Addresses of the chat API and of health."""

from __future__ import annotations

from django.urls import path, re_path, register_converter

from chat.api import health, metrics, sample


class AnyText:
    """A position may hold slashes and line breaks; no converter of Django's own lets both through."""

    regex = r"(?s:.+)"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AnyText, "anytext")

# The sample's gateway removes a trailing slash before it matches, so its clients may send one.
urlpatterns = [
    path("", sample.status),
    re_path(r"^chat/comments/add/?\Z", sample.add),
    re_path(r"^chat/comments/latest/?\Z", sample.latest),
    re_path(r"^chat/comments/all/?\Z", sample.everything),
    path("chat/comments/latest/<anytext:position>", sample.since),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
]
