"""/admin/auth/user/: who may log in, and in which groups. For superusers only (`manage.py createsuperuser`)."""

from __future__ import annotations

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm


# Django's class takes its type argument only when types are checked.
class PeopleAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Roles are the groups; a member needs the staff mark too. Django's own permissions mean nothing here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("groups", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        ("About them", {"fields": ("first_name", "last_name", "email", "last_login")}),
    )
    readonly_fields = ("last_login",)
