"""A shell and a log-in both become a named person with roles."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from migration.people.actors import actor_of, shell_actor
from migration.people.roles import Role

pytestmark = pytest.mark.usefixtures("control")


def user(*groups: str, **fields: bool) -> User:
    made = User.objects.create(username="ada", **fields)
    made.groups.set(Group.objects.filter(name__in=groups))
    return made


def test_the_groups_are_there_after_the_first_migrate(control: Path) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {"viewer", "operator", "approver"}


def test_a_shell_can_do_everything_under_its_name() -> None:
    assert (shell_actor("ada").name, shell_actor("ada").roles) == ("ada", frozenset(Role))


@pytest.mark.parametrize("groups", [(), ("viewer",), ("operator", "approver")])
def test_a_user_has_the_roles_of_its_groups(groups: tuple[str, ...]) -> None:
    Group.objects.create(name="editor")
    actor = actor_of(user(*groups, "editor"))
    assert (actor.name, {role.value for role in actor.roles}) == ("ada", set(groups))


def test_a_superuser_has_every_role() -> None:
    assert actor_of(user(is_superuser=True)).roles == frozenset(Role)


def test_a_locked_user_has_none() -> None:
    assert actor_of(user("operator", is_active=False)).roles == frozenset()
    assert actor_of(User(username="root", is_superuser=True, is_active=False)).roles == frozenset()


def test_who_has_not_logged_in_has_none() -> None:
    assert (actor_of(AnonymousUser()).name, actor_of(AnonymousUser()).roles) == ("nobody", frozenset())
