"""Addresses of the whole service."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from migration.admin.urls import console

urlpatterns = [
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", console.urls),
    path("", include("chat.urls")),
]

handler400 = "chat.api.errors.bad_request"
handler403 = "chat.api.errors.forbidden"
handler404 = "chat.api.errors.not_found"
handler500 = "chat.api.errors.server_error"
