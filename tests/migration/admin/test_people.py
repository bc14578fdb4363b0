"""/admin/auth/user/: superusers put people into groups, and nobody else does."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.test import Client

from migration.models import Rollout
from migration.people.actors import actor_of
from migration.people.roles import Role

LIST = "/admin/auth/user/"


def test_a_superuser_makes_somebody_an_operator(rollout: Rollout) -> None:
    client = Client()
    boss = User.objects.create_superuser("boss", password="a long enough secret")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    fields = {"username": "ada", "password1": "corn-Flower-77", "password2": "corn-Flower-77"}

    assert client.post(f"{LIST}add/", {**fields, "usable_password": "true"}).status_code == 302
    ada = User.objects.get(username="ada")
    group = Group.objects.get(name="operator")
    said = {"username": "ada", "is_active": "on", "is_staff": "on", "groups": [group.pk]}
    assert client.post(f"{LIST}{ada.pk}/change/", said).status_code == 302

    ada = User.objects.get(username="ada")
    assert actor_of(ada).roles == {Role.OPERATOR}
    assert f'href="{LIST}"' in client.get("/admin/").content.decode()


def test_nobody_else_gets_there(operator: Client, rollout: Rollout) -> None:
    assert operator.get(LIST).status_code == 403
    assert operator.post(f"{LIST}add/", {"username": "eve"}).status_code == 403
    assert f'href="{LIST}"' not in operator.get("/admin/").content.decode()
    assert not User.objects.filter(username="eve").exists()
