"""Turns whoever asks into an actor: a shell on the deployment, or a user of the console."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser

from migration.people.roles import Actor, Role


def shell_actor(name: str) -> Actor:
    """Whoever has a shell on the deployment can change the control database anyway: every role, under that name."""
    return Actor(name=name, roles=frozenset(Role))


def actor_of(user: AbstractUser | AnonymousUser) -> Actor:
    """Roles are the user's groups; a superuser has all of them, a user who is locked or not logged in none."""
    if not user.is_active:
        return Actor(name=user.get_username() or "nobody", roles=frozenset())
    if user.is_superuser:
        return Actor(name=user.get_username(), roles=frozenset(Role))
    groups = set(user.groups.values_list("name", flat=True))
    return Actor(name=user.get_username(), roles=frozenset(role for role in Role if role.value in groups))
