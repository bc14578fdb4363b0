"""Commands run on names of their own: in this process with other settings, or as an operator runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import load_command_class

from chat.conf import env
from chatproject.env import BASE_DIR
from tests import engines

KEYSPACE = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = %s"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Names:
    """A keyspace and a DynamoDB table that no one else uses."""

    keyspace: str
    table: str


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    with engines.cql_cluster() as cluster:
        yield cluster.connect()


@pytest.fixture(scope="session")
def client() -> Any:
    return engines.dynamodb_client()


@pytest.fixture
def names(session: Any, client: Any, settings: Any) -> Iterator[Names]:
    """The settings of this test's process name them too."""
    mine = Names(keyspace=f"t_{uuid4().hex[:12]}", table=f"t-{uuid4().hex[:12]}")
    settings.ENV = env().model_copy(update={"keyspace": mine.keyspace, "dynamodb_table": mine.table})
    yield mine
    if session.execute(KEYSPACE, [mine.keyspace]).one():
        session.execute(f"DROP KEYSPACE {mine.keyspace}", timeout=60)
    if mine.table in client.list_tables()["TableNames"]:
        client.delete_table(TableName=mine.table)


@pytest.fixture
def run(names: Names, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """A command in this process, from its words to its exit code."""

    def run(*words: str) -> Outcome:
        command = load_command_class("chat", words[0])
        capsys.readouterr()
        try:
            command.run_from_argv(["manage.py", *words])
        except SystemExit as ended:
            return Outcome(int(ended.code or 0), *capsys.readouterr())
        return Outcome(0, *capsys.readouterr())

    return run


@pytest.fixture
def manage(names: Names) -> Callable[..., Outcome]:
    """A command in a process of its own, with further environment variables."""

    def manage(*words: str, **variables: str) -> Outcome:
        environ = {**os.environ, "KEYSPACE": names.keyspace, "DYNAMODB_TABLE": names.table, **variables}
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=environ, capture_output=True, text=True, timeout=90, check=False
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return manage
