"""The session of the process, through django-cassandra-engine's alias: down at start, no such name, forks.

Each test is a process of its own: the alias, its registry and the driver's event loop are global to a process.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from textwrap import dedent

import pytest

from tests import engines
from tests.faults.wire import Wire

PREAMBLE = """
import os, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
django.setup()
from concurrent.futures import ThreadPoolExecutor
from cassandra.cqlengine import connection as cqlengine
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.registry import open_store
store = open_store(StoreId.SCYLLA_ROOM, Role.WORKER)
def unavailable():
    started = time.monotonic()
    try:
        store.ping()
    except StoreUnavailable as error:
        return str(error), time.monotonic() - started
    raise SystemExit("the store answered")
"""


def run(script: str, keyspace: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + dedent(script)],
        env=os.environ | {"KEYSPACE": keyspace} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str], tell: str = "") -> tuple[str, int]:
    """The rest of what it prints, and its exit code."""
    out, _ = process.communicate(tell, timeout=60)
    return out.strip(), process.returncode


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_cluster_that_is_down_at_start_is_found_when_it_is_up_by_many_threads_at_once(
    keyspace: str, closed_port: int
) -> None:
    process = run(
        """
        message, _ = unavailable()
        assert "127.0.0.1:" in message and "devstack up" in message, message
        # Within the pause after a failure a call does not even try.
        assert unavailable()[1] < 0.1
        print("down", flush=True)
        sys.stdin.readline()
        time.sleep(1.1)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: store.ping(), range(16)))
        print("up")
        """,
        keyspace,
        SCYLLA_CONTACT_POINTS="127.0.0.1",
        SCYLLA_PORT=str(closed_port),
    )
    assert told(process) == "down"
    wire = Wire(*engines.cql_address(), listen=closed_port)
    assert end(process, "go\n") == ("up", 0)
    wire.close()


def test_a_name_that_does_not_resolve_at_first_is_tried_again(keyspace: str) -> None:
    """cqlengine by itself would answer 'required to setup()' for ever after this failure."""
    process = run(
        """
        assert "UnresolvableContactPoints" in unavailable()[0]
        time.sleep(1.1)
        # As if the name service had come up.
        cqlengine._connections["scylla"].hosts = ["127.0.0.1"]
        store.ping()
        print("up")
        """,
        keyspace,
        SCYLLA_CONTACT_POINTS="no-such-host.invalid",
    )
    assert end(process) == ("up", 0)


def test_a_forked_child_connects_anew_and_leaves_the_parent_its_session(keyspace: str) -> None:
    process = run(
        """
        import signal
        comment = Comment("fork", "parent", 1_700_000_000_000_000, "hello")
        store.upsert(comment)
        parents = id(store._requests.connection.session(seconds=0))
        child = os.fork()
        if child == 0:
            # A query on the inherited session would hang: its event loop thread is gone.
            signal.alarm(30)
            here = open_store(StoreId.SCYLLA_ROOM, Role.WORKER)
            ok = here is not store and here.latest("fork", 1) == store.latest("fork", 1) == (comment,)
            os._exit(0 if ok and id(here._requests.connection.session(seconds=0)) != parents else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
        assert store.latest("fork", 1) == (comment,)
        print("ok")
        """,
        keyspace,
    )
    assert end(process) == ("ok", 0)
