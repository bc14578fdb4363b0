"""Roles, and the one check of them. Services call it, so that no page, command or task can forget to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from migration.exceptions import NotAllowed


class Role(TextChoices):
    """The values are the names of the Django groups that migration 0007 makes."""

    VIEWER = "viewer", "viewer: sees everything, changes nothing"
    OPERATOR = "operator", "operator: moves endpoints, freezes and thaws"
    APPROVER = "approver", "approver: the second person of a move that needs one"


@dataclass(frozen=True, slots=True)
class Actor:
    """A named person; the name is what the audit keeps."""

    name: str
    roles: frozenset[Role]

    def is_same_person_as(self, name: str) -> bool:
        """Letter case tells no two people apart: the same person may be `ada` in the shell and `Ada` in the console."""
        return self.name.strip().casefold() == name.strip().casefold()


def require(actor: Actor, role: Role) -> None:
    """Raises `NotAllowed` unless the actor has the role. An operator is not an approver, nor the reverse."""
    if role not in actor.roles:
        had = ", ".join(role.value for role in Role if role in actor.roles) or "no role"
        raise NotAllowed(
            f"{actor.name} has {had}; this needs the role {role.value}: somebody who has it must do it, "
            f"or an administrator adds {actor.name} to the group {role.value}"
        )
