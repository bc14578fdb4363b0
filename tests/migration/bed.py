"""What the tests of the control plane stand on: a control database, a table and a keyspace of one test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import CommandError

from chat.codec.items import to_item
from chat.codec.rows import COLUMNS, from_values, to_values
from chat.conf import Role, env
from chat.data import Comment, StoreId
from chat.schema import ddl
from chat.schema.tables import wanted_tables
from chat.seeding.writing import BATCH, write_items
from chat.stores.base import Store
from chat.stores.registry import open_store
from chatproject.env import BASE_DIR
from migration.models import Rollout, Route
from tests.migration.controls import CONTROL, url_of
from tests.migration.controls import control_database as control_database
from tests.migration.controls import copy_of as copy_of

OLD_US = 1_700_000_000_000_000
"""An instant long before every horizon, with ten digits of seconds."""


def comment(number: int, *, room: str = "chat", name: str = "ann", text: str | None = None) -> Comment:
    """The `number`-th second after `OLD_US`."""
    return Comment(room, name, OLD_US + number * 1_000_000, f"text {number}" if text is None else text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Ground:
    """A table, a keyspace and this process's stores on them, for all tests of a session in turn."""

    table: str
    keyspace: str
    client: Any
    session: Any
    stores: dict[Any, Store]

    def items(self) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def bury(self, comment: Comment, *, stamp_us: int) -> None:
        """A tombstone with a timestamp of its own, as only somebody else's clock makes."""
        self.session.execute(
            f"DELETE FROM {self.keyspace}.chat_by_room USING TIMESTAMP %s "
            "WHERE chat_room = %s AND time_us = %s AND name = %s",
            (stamp_us, comment.room, comment.time_us, comment.name),
        )

    def clear(self) -> None:
        self.session.execute(f"TRUNCATE {self.keyspace}.chat_by_room", timeout=60)
        keys = [{"DeleteRequest": {"Key": {"name": item["name"], "time": item["time"]}}} for item in self.items()]
        for start in range(0, len(keys), BATCH):
            self.client.batch_write_item(RequestItems={self.table: keys[start : start + BATCH]})


@dataclass(frozen=True, slots=True)
class Bed:
    """`environ` is what another process needs to work on the same; `folder` holds the control database."""

    ground: Ground
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": url_of(self.folder / CONTROL),
            "DYNAMODB_TABLE": self.ground.table,
            "KEYSPACE": self.ground.keyspace,
            "REDIS_URL": redis_url(),
            "VAR_DIR": str(self.folder),
            "SCYLLA_USER_TIMELINE": "off",
            "PARITY_GRACE_SECONDS": "0.1",
            "PYTHONPATH": str(BASE_DIR),
            "LOG_LEVEL": "ERROR",
        }

    @property
    def source(self) -> Store:
        return open_store(StoreId.DYNAMODB, Role.WORKER)

    @property
    def target(self) -> Store:
        return open_store(StoreId.SCYLLA_ROOM, Role.WORKER)

    def seed_source(self, comments: Iterable[Comment]) -> None:
        self.put_items(map(to_item, comments))

    def put_items(self, items: Iterable[dict[str, Any]]) -> None:
        write_items(self.ground.client, table=self.ground.table, items=items, wrote=lambda count: None)

    def items(self) -> list[dict[str, Any]]:
        """All that the DynamoDB table holds."""
        return self.ground.items()

    def rows(self) -> set[Comment]:
        """All that CQL holds, read by a statement of the test's own."""
        rows = self.ground.session.execute(f"SELECT {', '.join(COLUMNS)} FROM {self.ground.keyspace}.chat_by_room")
        return {from_values([row[column] for column in COLUMNS]) for row in rows}

    def insert(self, row: Comment) -> None:
        """Into CQL, now: later than any write of ours with the row's own timestamp."""
        columns, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
        prepared = self.ground.session.prepare(
            f"INSERT INTO {self.ground.keyspace}.chat_by_room ({columns}) VALUES ({marks})"
        )
        self.ground.session.execute(prepared, to_values(row))

    def manage(self, *words: str, **variables: str) -> Outcome:
        """A command in a process of its own."""
        command = [sys.executable, "manage.py", *words]
        surroundings = {**self.environ, **variables}
        done = subprocess.run(
            command, cwd=BASE_DIR, env=surroundings, capture_output=True, text=True, timeout=90, check=False
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(self, script: str, *words: str) -> subprocess.Popen[str]:
        """A Python process set up for Django that runs `script`, with pipes to speak with it."""
        prelude = "import django, sys\ndjango.setup()\n"
        surroundings = {**self.environ, "DJANGO_SETTINGS_MODULE": "chatproject.settings"}
        return subprocess.Popen(
            [sys.executable, "-c", prelude + script, *words],
            cwd=BASE_DIR,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # With its children it can then be killed as a group.
            start_new_session=True,
        )


def run(*words: str) -> Outcome:
    """A command in this process."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return Outcome(error.returncode, out.getvalue(), str(error))
    return Outcome(0, out.getvalue(), "")


def mirror_writes() -> None:
    """The flags as `route advance post_comment` leaves them: the source decides, the target follows."""
    Route.objects.filter(endpoint="post_comment").update(phase="dual", write_flag="source+mirror", version=2)
    Rollout.objects.update(epoch=2)


def redis_url() -> str:
    """A database of the tests' own on the real Redis, and of each test process, for some empty theirs."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(env().redis_url)._replace(path=f"/{9 + process % 7}").geturl()


@contextmanager
def keyspace(session: Any) -> Iterator[str]:
    """Without the view by user: these tests read no timeline, and a view costs each write a read."""
    name = f"t_{uuid4().hex[:12]}"
    replication = {"class": "NetworkTopologyStrategy", env().scylla_local_dc: "1"}
    session.execute(ddl.create_keyspace(name, replication), timeout=60)
    session.execute(ddl.create_table(name, wanted_tables(user_view=False)[0]), timeout=60)
    try:
        yield name
    finally:
        session.execute(f"DROP KEYSPACE {name}", timeout=60)
