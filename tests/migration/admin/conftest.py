"""The console as a browser without scripts sees it, on a control database of each test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.migration.vectors import rollout

__all__ = ["rollout"]

PASSWORD = "a long enough secret"
LogIn = Callable[..., Client]


@pytest.fixture
def person(control: Path) -> Callable[..., User]:
    """Makes a member of these groups, by default of the one that is named like the person."""

    def make(name: str, *groups: str, staff: bool = True) -> User:
        user = User.objects.create_user(name, password=PASSWORD, is_staff=staff)
        user.groups.set(Group.objects.filter(name__in=groups or [name]))
        return user

    return make


@pytest.fixture
def log_in(person: Callable[..., User]) -> LogIn:
    def enter(name: str, *groups: str, staff: bool = True) -> Client:
        client = Client()
        client.force_login(person(name, *groups, staff=staff), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def viewer(log_in: LogIn) -> Client:
    return log_in("viewer")


@pytest.fixture
def operator(log_in: LogIn) -> Client:
    return log_in("operator")


@pytest.fixture
def approver(log_in: LogIn) -> Client:
    return log_in("approver")
