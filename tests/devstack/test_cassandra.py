"""Cassandra as the stack starts it: one node on loopback that keeps its data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Cluster

from devstack import ports, processes
from tests.devstack.conftest import Stack, choose_ports

TABLE = "kept.chat_by_room"
SCHEMA = (
    "CREATE KEYSPACE kept WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 1}",
    f"""CREATE TABLE {TABLE} (room text, time_us bigint, name text, body text,
    PRIMARY KEY (room, time_us, name))""",
    f"""CREATE MATERIALIZED VIEW kept.by_user AS SELECT * FROM {TABLE}
    WHERE name IS NOT NULL AND time_us IS NOT NULL AND room IS NOT NULL
    PRIMARY KEY (name, time_us, room) WITH CLUSTERING ORDER BY (time_us DESC, room ASC)""",
)
INSERT = f"INSERT INTO {TABLE} (room, time_us, name, body) VALUES ('r', {{}}, 'n', 'text')"
ROWS = 200


@contextmanager
def connect(port: int) -> Iterator[Any]:
    with Cluster(["127.0.0.1"], port=port, protocol_version=4) as cluster, cluster.connect() as session:
        yield session


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_acknowledged_rows_are_there_after_down_and_after_a_kill(stack: Stack) -> None:
    up = stack.run("up", "cassandra")
    assert (up.returncode, up.stderr) == (0, "")
    pid = stack.read_engines()["cassandra"]["pid"]
    assert read_listeners(pid) == {"0100007F"}
    with connect(stack.read_port("SCYLLA_PORT")) as session:
        for statement in (*SCHEMA, *(INSERT.format(number) for number in range(ROWS))):
            session.execute(statement, timeout=60)

    assert stack.run("down").stdout == "Stopped: cassandra.\n"
    assert processes.identify(pid) is None
    assert ports.is_free(stack.read_port("SCYLLA_PORT"))

    # On other ports, as if the usual ones were taken: the data does not depend on them.
    (other,) = choose_ports(1)
    assert stack.run("up", "cassandra", environ={"SCYLLA_PORT": str(other)}).returncode == 0
    assert read_times(other) == list(range(ROWS))
    with connect(other) as session:
        for number in range(ROWS, 2 * ROWS):
            session.execute(INSERT.format(number))
        # At once: within a tenth of a second even a lazy commit log would have caught up.
        os.kill(stack.read_engines()["cassandra"]["pid"], signal.SIGKILL)

    assert stack.run("up", "cassandra").returncode == 0
    assert read_times(stack.read_port("SCYLLA_PORT")) == list(range(2 * ROWS))


def read_times(port: int) -> list[int]:
    """What the table and its view both hold, oldest first."""
    with connect(port) as session:
        assert session.execute("SELECT data_center FROM system.local").one().data_center == "datacenter1"
        of_room = [row.time_us for row in session.execute(f"SELECT time_us FROM {TABLE} WHERE room = 'r'")]
        by_user = [row.time_us for row in session.execute("SELECT time_us FROM kept.by_user WHERE name = 'n'")]
        assert by_user == of_room[::-1]
        return of_room


def read_listeners(pid: int) -> set[str]:
    """Addresses the process listens on, as the kernel writes them: 127.0.0.1 is 0100007F."""
    sockets = {str(link.readlink())[8:-1] for link in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets}
