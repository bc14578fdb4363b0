"""Who may look at the console, and who may press what. The services check again: a hidden button protects nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from migration.people.actors import actor_of
from migration.people.roles import Actor, Role

View = Callable[..., HttpResponseBase]


def may_look(user: AbstractUser | AnonymousUser) -> bool:
    """Any of the three roles sees everything."""
    return bool(actor_of(user).roles)


def asker(request: HttpRequest) -> Actor:
    return actor_of(request.user)


def roles_of(request: HttpRequest) -> dict[str, bool]:
    """For templates: `roles.operator`."""
    held = asker(request).roles
    return {role.value: role in held for role in Role}


def only(*roles: Role) -> Callable[[View], View]:
    """A page that people with none of these roles are told about instead of shown."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = asker(request)
            if actor.roles & set(roles):
                return view(request, *args, **kwargs)
            context = {
                "role": " or ".join(role.value for role in roles),
                "actor": actor,
                "dialog": "HX-Request" in request.headers,
            }
            return render(request, "migration/not_allowed.html", context, status=403)

        return guarded

    return wrap
