"""Address of the page, with or without the slash that the sample's gateway would remove."""

from __future__ import annotations

from django.urls import re_path

from chat.web import views

urlpatterns = [re_path(r"^chat/?\Z", views.page)]
