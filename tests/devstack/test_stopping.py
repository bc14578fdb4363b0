"""Engines get their time to end well; only who does not use it is killed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from devstack import processes, stopping
from devstack.engine import Launch
from devstack.state import Running


def start(script: str, tmp_path: Path) -> tuple[subprocess.Popen[bytes], Running]:
    """A shell that touches `ready` once its trap is set: an engine that ends in its own way."""
    command = f"{script}; touch ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(["sh", "-c", command], cwd=tmp_path)
    deadline = time.monotonic() + 5
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    identity = processes.identify(process.pid)
    assert identity is not None
    return process, Running("cassandra", identity, Launch(port=1), version="", log="")


def test_an_engine_that_needs_time_to_flush_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process, running = start("trap 'sleep 0.5; touch flushed; exit 0' TERM", tmp_path)

    stopping.stop([running])

    assert process.wait(timeout=1) == 0
    assert (tmp_path / "flushed").exists()
    assert capsys.readouterr().out == ""


def test_an_engine_that_does_not_end_is_killed_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "PATIENCE", 1.0)
    process, running = start("trap '' TERM", tmp_path)

    stopping.stop([running])

    assert process.wait(timeout=1) == -9
    assert capsys.readouterr().out == (
        f"cassandra (pid {process.pid}) did not end in 1 s: killed. Its last writes may be lost.\n"
    )
