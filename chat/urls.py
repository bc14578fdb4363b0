"""Addresses of the chat service: its API and its page."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("chat.api.urls")), path("", include("chat.web.urls"))]
