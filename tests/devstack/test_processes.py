"""Processes are recognised by pid and start time, and signalled only if they are the ones meant."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devstack import processes
from devstack.processes import Identity


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def identify(process: subprocess.Popen[bytes]) -> Identity:
    identity = processes.identify(process.pid)
    assert identity is not None
    return identity


def test_a_running_process_is_alive_and_an_ended_one_is_not(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper)
    assert processes.is_alive(identity)

    sleeper.kill()
    sleeper.wait()

    assert not processes.is_alive(identity)
    assert processes.identify(identity.pid) is None


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper)

    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)

    assert Path(f"/proc/{sleeper.pid}").exists()
    assert not processes.is_alive(identity)


def test_a_zombie_whose_threads_still_run_is_alive() -> None:
    # What a killed JVM looks like for a moment: it has its ports until the last thread is gone.
    script = (
        "import ctypes, threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        identity = identify(process)
        wait_for_text(Path(f"/proc/{process.pid}/stat"), ") Z ")

        assert processes.is_alive(identity)
        process.kill()


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another boot"}])
def test_a_recycled_pid_is_neither_alive_nor_signalled(
    sleeper: subprocess.Popen[bytes], change: dict[str, Any]
) -> None:
    stale = replace(identify(sleeper), **change)

    processes.send_signal(stale, signal.SIGKILL)

    assert not processes.is_alive(stale)
    with pytest.raises(subprocess.TimeoutExpired):
        sleeper.wait(timeout=0.3)


def test_the_process_meant_is_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    processes.send_signal(identify(sleeper), signal.SIGTERM)

    assert sleeper.wait(timeout=5) == -signal.SIGTERM


def test_a_command_name_with_parentheses_does_not_hide_the_state(tmp_path: Path) -> None:
    # The kernel shows the name unescaped: here the text after the first parenthesis looks like a zombie.
    program = tmp_path / "a) Z (b"
    shutil.copy(shutil.which("sleep") or "sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        identity = processes.identify(process.pid)
        process.kill()

    assert identity is not None
    assert identity.started > 1


def test_spawn_detaches_and_keeps_the_log_of_the_run_before(tmp_path: Path) -> None:
    log = tmp_path / "log" / "engine.log"
    for word in ("first", "second"):
        command = ["sh", "-c", f"echo {word}; echo $GIVEN >&2; sleep 60"]
        process = processes.spawn(command, log=log, directory=tmp_path, environ={"GIVEN": "environment"})
        assert os.getsid(process.pid) == process.pid
        wait_for_text(log, "environment")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    assert log.read_text() == "second\nenvironment\n"
    assert (tmp_path / "log" / "engine.log.1").read_text() == "first\nenvironment\n"


def test_age_and_memory_are_those_of_the_process(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper)

    time.sleep(0.3)

    assert 0.2 < processes.read_age(identity) < 20
    assert 2**17 < processes.read_memory(sleeper.pid) < 2**26
    assert processes.read_command(sleeper.pid) == "sleep 60"


def wait_for_text(log: Path, text: str) -> None:
    deadline = time.monotonic() + 5
    while text not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
