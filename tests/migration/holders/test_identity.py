"""A process is proven dead only by what cannot be otherwise (protocol F9)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from migration.holders import identity as module
from migration.holders.identity import Identity, own_host, own_identity, proven_dead, start_ticks


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def identity_of(process: subprocess.Popen[bytes]) -> Identity:
    started = start_ticks(process.pid)
    assert started is not None
    return Identity(host=own_host(), pid=process.pid, started=started)


def test_this_process_lives() -> None:
    assert own_identity().pid == os.getpid()
    assert not proven_dead(own_identity())


def test_a_process_that_ended_is_dead_even_before_its_parent_noticed(sleeper: subprocess.Popen[bytes]) -> None:
    who = identity_of(sleeper)
    assert not proven_dead(who)
    sleeper.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{sleeper.pid}").exists()
    assert proven_dead(who)
    sleeper.wait()
    assert proven_dead(who)


def test_a_stopped_process_lives(sleeper: subprocess.Popen[bytes]) -> None:
    who = identity_of(sleeper)
    sleeper.send_signal(signal.SIGSTOP)
    assert not proven_dead(who)


def test_another_process_under_the_same_number_proves_the_first_one_dead() -> None:
    assert proven_dead(replace(own_identity(), started=own_identity().started - 1))


def test_nothing_is_proven_about_another_host() -> None:
    assert not proven_dead(Identity(host="another host", pid=2**22 + 1, started=1))
    assert proven_dead(Identity(host=own_host(), pid=2**22 + 1, started=1))


def stat_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """What the kernel shows for every process. Real ones of this shape cannot be had on demand."""
    (tmp_path / "stat").write_text(text)
    monkeypatch.setattr(module, "Path", lambda path: tmp_path / "stat" if str(path).endswith("/stat") else Path(path))


def stat(state: str, *, threads: int, started: int = 4711, name: str = "python") -> str:
    return f"77 ({name}) {state} 1 77 77 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 {started} 0 0\n"


def test_a_name_with_blanks_and_parentheses_is_no_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat_of(monkeypatch, tmp_path, stat("S", threads=3, name="a ) Z 1 (b"))
    assert start_ticks(77) == 4711


def test_a_killed_process_whose_threads_still_end_is_not_dead_yet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stat_of(monkeypatch, tmp_path, stat("Z", threads=2))
    assert not proven_dead(Identity(own_host(), 77, 4711))
    stat_of(monkeypatch, tmp_path, stat("Z", threads=1))
    assert proven_dead(Identity(own_host(), 77, 4711))


def test_a_process_that_proc_hides_is_not_proven_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under hidepid=2: no entry, but a signal would be refused rather than find nobody."""

    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    nobody = Identity(own_host(), 2**22 + 1, 1)
    assert proven_dead(nobody)
    monkeypatch.setattr(os, "kill", refuse)
    assert not proven_dead(nobody)


def test_a_process_that_may_not_be_looked_at_is_not_proven_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int) -> int:
        raise PermissionError

    monkeypatch.setattr(module, "start_ticks", refuse)
    assert not proven_dead(Identity(own_host(), 2**22 + 1, 1))
