"""The control databases of tests: files, or databases of the PostgreSQL server that DATABASE_URL names.

Tests know each by a path. On PostgreSQL the database has a name made of it; the file is empty, and its folder is still
the test's own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.apps import apps
from django.db import connections

from chat.conf import env

CONTROL = "control.sqlite3"
"""The name of the file, and on PostgreSQL of the path that stands for the database."""


def on_postgresql() -> bool:
    return env().control_database_url.startswith("postgres")


def name_of(path: Path) -> str:
    """As Django's settings have it."""
    return f"t_{blake2b(str(path).encode(), digest_size=12).hexdigest()}" if on_postgresql() else str(path)


def url_of(path: Path) -> str:
    if not on_postgresql():
        return f"sqlite:///{path}"
    return urlsplit(env().control_database_url)._replace(path=f"/{name_of(path)}").geturl()


@contextmanager
def control_database(path: Path) -> Iterator[None]:
    """This database as the control database of every thread of this process, as in production.

    Not Django's test database: that one, on SQLite, lives in memory, so it has other locks, and no other process can
    open it.
    """
    handler: Any = connections
    before, settings = handler["default"], handler.settings["default"]
    handler.settings["default"] = {**settings, "NAME": name_of(path)}
    del handler["default"]
    try:
        yield
    finally:
        handler["default"].close()
        handler["default"], handler.settings["default"] = before, settings


@contextmanager
def empty_database(path: Path) -> Iterator[None]:
    """Without tables, until the end."""
    if on_postgresql():
        _command(f"CREATE DATABASE {name_of(path)}")
    try:
        yield
    finally:
        drop(path)


def copy_of(template: Path, folder: Path) -> Path:
    """A database of a test's own. On PostgreSQL nobody may be using the template."""
    path = folder / CONTROL
    if on_postgresql():
        _command(f"CREATE DATABASE {name_of(path)} TEMPLATE {name_of(template)}")
        # Stands for it: scripts wait for the file, or look whether it is there.
        path.touch()
    else:
        shutil.copy(template, path)
    return path


def drop(path: Path) -> None:
    if on_postgresql():
        # Threads and processes of the test may still hold connections.
        _command(f"DROP DATABASE {name_of(path)} WITH (FORCE)")


def _command(statement: str) -> None:
    with psycopg.connect(env().control_database_url, autocommit=True) as session:
        session.execute(statement)


@contextmanager
def database_away(path: Path) -> Iterator[None]:
    """Nobody can write, and whoever tries hangs, as at a server that does not answer. Who reads is answered."""
    with _postgresql_locked(path) if on_postgresql() else _sqlite_locked(path):
        yield


@contextmanager
def _sqlite_locked(path: Path) -> Iterator[None]:
    lock = sqlite3.connect(path, isolation_level=None, timeout=10)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        lock.execute("ROLLBACK")
        lock.close()


@contextmanager
def _postgresql_locked(path: Path) -> Iterator[None]:
    tables = ", ".join(model._meta.db_table for model in apps.get_app_config("migration").get_models())
    with psycopg.connect(url_of(path)) as session:
        session.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        yield
        session.rollback()
