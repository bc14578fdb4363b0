"""An engine counts as up when it, and nobody in its place, answers a real query."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from devstack import processes, waiting
from devstack.engine import Launch, NotReady
from devstack.faults import DevstackError
from devstack.places import Places
from devstack.redis import Redis
from devstack.state import Running
from tests.devstack.conftest import Stack


class HastyRedis(Redis):
    """Redis, but nobody waits long for it."""

    start_seconds: ClassVar[float] = 0.3


@pytest.fixture
def silent() -> Iterator[subprocess.Popen[bytes]]:
    """An engine that runs and never listens."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def describe(pid: int, port: int) -> Running:
    identity = processes.identify(pid)
    assert identity is not None
    return Running("redis", identity, Launch(port), version="", log="")


def test_the_answer_of_a_stranger_on_the_port_does_not_count(stack: Stack) -> None:
    stack.run("up", "redis")
    port = stack.read_port("REDIS_PORT")

    assert waiting.ask(describe(stack.read_engines()["redis"]["pid"], port), Redis()).version != ""
    with pytest.raises(NotReady, match=f"it does not listen on 127.0.0.1:{port}"):
        waiting.ask(describe(os.getpid(), port), Redis())


def test_an_engine_that_ended_settles_as_not_answered(tmp_path: Path, silent: subprocess.Popen[bytes]) -> None:
    running = describe(silent.pid, 1)
    silent.kill()
    silent.wait()

    (settled,) = waiting.watch({"redis": running}, engines={"redis": Redis()}, places=Places(tmp_path, tmp_path))

    assert (settled.running, settled.answered) == (running, False)


def test_waiting_ends_with_the_log_when_the_engine_stays_silent(
    tmp_path: Path, silent: subprocess.Popen[bytes]
) -> None:
    places = Places(var=tmp_path, lib=tmp_path)
    places.log("redis").parent.mkdir()
    places.log("redis").write_text("waiting for the moon\n")

    with pytest.raises(DevstackError) as caught:
        list(waiting.watch({"redis": describe(silent.pid, 1)}, engines={"redis": HastyRedis()}, places=places))

    assert str(caught.value).startswith("redis does not answer after 0 s (it does not listen on 127.0.0.1:1).")
    assert "waiting for the moon" in str(caught.value)
    assert "python -m devstack down redis; python -m devstack up redis" in str(caught.value)
