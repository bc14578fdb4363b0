"""For each test a control database in a file, and both real stores, empty, under names that nobody else uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker, Settings

from chat.conf import env
from chat.stores import registry
from tests import engines
from tests.migration import bed as beds
from tests.migration import controls
from tests.migration.bed import Bed, Ground


@pytest.fixture(scope="session")
def control_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """Migrated once; each test gets a copy."""
    path = tmp_path_factory.mktemp("control") / "template.sqlite3"
    with controls.empty_database(path), django_db_blocker.unblock():
        with controls.control_database(path):
            call_command("migrate", verbosity=0)
        yield path


@pytest.fixture
def control(control_template: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """The path of this test's control database, as after the first `migrate` (see `controls` for PostgreSQL)."""
    path = controls.copy_of(control_template, tmp_path)
    with django_db_blocker.unblock(), controls.control_database(path):
        yield path
    controls.drop(path)


@pytest.fixture(scope="session")
def cql() -> Iterator[Any]:
    """A session of the driver, to look past our own code."""
    with engines.cql_cluster() as cluster:
        yield cluster.connect()


@pytest.fixture(scope="session")
def dynamodb() -> Any:
    return engines.dynamodb_client()


@pytest.fixture(scope="session")
def ground(cql: Any, dynamodb: Any) -> Iterator[Ground]:
    with engines.dynamodb_table() as table, beds.keyspace(cql) as keyspace:
        yield Ground(table=table, keyspace=keyspace, client=dynamodb, session=cql, stores={})


@pytest.fixture
def bed(control: Path, ground: Ground, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bed]:
    """Both stores, empty. Connections are kept from test to test: opening them takes longer than most tests."""
    settings.ENV = env().model_copy(
        update={
            "dynamodb_table": ground.table,
            "keyspace": ground.keyspace,
            "redis_url": beds.redis_url(),
            "scylla_user_timeline": "off",
            "parity_grace_seconds": 0.0,
        }
    )
    monkeypatch.setattr(registry, "_stores", ground.stores)
    yield Bed(ground=ground, folder=control.parent)
    ground.clear()
