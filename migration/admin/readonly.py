"""Lists of rows that the console shows and never edits: changes go through services, not through forms of models."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from migration.admin.access import may_look


class ReadOnlyAdmin(ModelAdmin):
    """Django's own add, change and delete addresses answer 403 to everybody."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_look(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_look(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
