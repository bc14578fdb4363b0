"""The real engines for these tests: a table and a keyspace of their own, made anew and dropped at the end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.migration.rehearsal.chat_double import ChatDouble, running_double
from tests.migration.rehearsal.stores import RealStores, open_stores

DEFAULTS = {
    "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:8000",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SCYLLA_CONTACT_POINTS": "127.0.0.1",
    "SCYLLA_PORT": "9042",
    "SCYLLA_LOCAL_DC": "datacenter1",
}


@pytest.fixture(scope="session")
def open_engines() -> Iterator[RealStores]:
    """Both engines, or a failure: a run without them proves nothing."""
    environ = {name: os.environ.get(name) or value for name, value in DEFAULTS.items()}
    suffix = uuid.uuid4().hex[:12]
    environ |= {"DYNAMODB_TABLE": f"rehearsal_{suffix}", "KEYSPACE": f"rehearsal_{suffix}"}
    with open_stores(environ) as stores:
        yield stores


@pytest.fixture
def stores(open_engines: RealStores, monkeypatch: pytest.MonkeyPatch) -> RealStores:
    """Both stores, empty, and the environment pointing at them."""
    for name, value in open_engines.environ.items():
        monkeypatch.setenv(name, value)
    open_engines.empty()
    return open_engines


@pytest.fixture
def double() -> Iterator[ChatDouble]:
    with running_double() as double:
        yield double
