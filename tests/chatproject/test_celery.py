"""A real Celery worker: each process that runs tasks is a holder, from its fork to its end (protocol F3)."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatproject.env import BASE_DIR
from migration.enums import HolderState, Phase
from migration.models import Holder, Rollout
from migration.transitions.waiting import await_confirmation
from tests.migration import forks
from tests.migration.bed import redis_url
from tests.migration.conftest import control, control_template
from tests.migration.vectors import POST, flip_to, rollout

__all__ = ["control", "control_template", "rollout"]

QUEUE = "test-holders"
"""Nobody else listens there, and nothing is ever sent: only the worker's own life is looked at."""


def soon(condition: Callable[[], bool], *, seconds: float = 80.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture
def worker(rollout: Rollout, control: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """With one pool child."""
    command = [sys.executable, "-m", "celery", "-A", "chatproject", "worker", f"--queues={QUEUE}", "--concurrency=1"]
    surroundings = {**forks.surroundings(control), "REDIS_URL": redis_url(), "VAR_DIR": str(tmp_path / "var")}
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", f"--hostname={tmp_path.name}@%h"],
            cwd=BASE_DIR,
            env=surroundings,
            stdout=log,
            stderr=log,
        )
    yield process
    process.kill()
    process.wait()


def live() -> list[Holder]:
    return list(Holder.objects.filter(state=HolderState.LIVE))


def test_its_child_registers_confirms_and_leaves(worker: subprocess.Popen[bytes], rollout: Rollout) -> None:
    assert soon(lambda: len(live()) == 1)
    (child,) = live()
    assert (child.kind, child.slot, child.pid != worker.pid) == ("worker", None, True)
    epoch = flip_to(rollout, POST, Phase.DUAL)
    assert await_confirmation(epoch, seconds=20).missing == ()
    worker.send_signal(signal.SIGTERM)
    worker.wait(40)
    child.refresh_from_db()
    assert child.state == HolderState.LEFT


def test_a_killed_child_is_proven_dead_and_the_next_one_registers(
    worker: subprocess.Popen[bytes], rollout: Rollout
) -> None:
    assert soon(lambda: len(live()) == 1)
    (child,) = live()
    subprocess.run(["kill", "-9", str(child.pid)], check=True)
    assert soon(lambda: [one.pk for one in live()] not in ([], [child.pk]))
    epoch = flip_to(rollout, POST, Phase.DUAL)
    assert await_confirmation(epoch, seconds=20).missing == ()
    child.refresh_from_db()
    assert child.state == HolderState.DEAD
