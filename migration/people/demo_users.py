"""The three people of a rehearsal, so that the console can be looked at in each role. Never in a real deployment."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from django.contrib.auth.models import Group, User

from migration.people.roles import Role


def make_demo_users(credentials: Path) -> dict[str, str]:
    """Users `viewer`, `operator` and `approver` with new passwords, by name; and the same in the file `credentials`.

    Only its owner can read the file. Called again, it gives everybody a new password.
    """
    passwords = {role.value: secrets.token_urlsafe(12) for role in Role}
    for name, password in passwords.items():
        user, _ = User.objects.update_or_create(username=name, defaults={"is_staff": True, "is_active": True})
        user.set_password(password)
        user.save(update_fields=["password"])
        user.groups.set([Group.objects.get(name=name)])
    _keep(credentials, passwords)
    return passwords


def _keep(path: Path, passwords: dict[str, str]) -> None:
    """The mode is set when the file is made: between a write and a chmod others could read it."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(passwords, file, indent=2)
