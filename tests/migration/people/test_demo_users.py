"""The three people of a rehearsal."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.test import RequestFactory

from migration.people.actors import actor_of
from migration.people.demo_users import make_demo_users
from migration.people.roles import Role


def test_each_has_their_own_role_and_may_log_in(control: Path, tmp_path: Path) -> None:
    passwords = make_demo_users(tmp_path / "credentials.json")

    assert sorted(passwords) == ["approver", "operator", "viewer"]
    for name, password in passwords.items():
        user = authenticate(RequestFactory().post("/admin/login/"), username=name, password=password)
        assert isinstance(user, User)
        assert user.is_staff
        assert not user.is_superuser
        assert actor_of(user).roles == {Role(name)}


def test_only_the_owner_may_read_the_passwords(control: Path, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{}")
    path.chmod(0o644)

    passwords = make_demo_users(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == passwords


def test_every_rehearsal_has_passwords_of_its_own(control: Path, tmp_path: Path) -> None:
    first = make_demo_users(tmp_path / "credentials.json")
    second = make_demo_users(tmp_path / "credentials.json")

    assert not set(first.values()) & set(second.values())
    assert User.objects.count() == 3
    assert all(len(password) >= 16 for password in second.values())
