"""Child processes: real ones, ended with everything they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from chatproject.children import Children
from migration.holders.identity import start_ticks

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN_PARENT = """
import subprocess, sys, time
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf])
print(child.pid, flush=True)
time.sleep(60)
"""


def wait_for_log(children: Children, name: str) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if text := (children.logs / f"{name}.log").read_text().strip():
            return text
        time.sleep(0.02)
    raise AssertionError("the child printed nothing")


def test_all_are_ended_and_their_output_is_kept(tmp_path: Path) -> None:
    children = Children(logs=tmp_path / "logs")
    talker = children.start("talker", [sys.executable, "-u", "-c", "print('hello'); import time; time.sleep(60)"])
    sleeper = children.start("sleeper", SLEEPER)
    assert wait_for_log(children, "talker") == "hello"
    children.stop_all()
    assert (talker.returncode, sleeper.returncode) == (-15, -15)
    assert children.running == {}
    assert children.log_tail("talker") == "hello"


def test_a_child_that_ended_by_itself_is_told_with_its_code(tmp_path: Path) -> None:
    children = Children(logs=tmp_path)
    children.start("broken", [sys.executable, "-c", "raise SystemExit(7)"]).wait(10)
    children.start("sleeper", SLEEPER)
    assert children.ended() == {"broken": 7}
    children.stop_all()


def test_a_grandchild_that_ignores_the_signal_does_not_survive(tmp_path: Path) -> None:
    children = Children(logs=tmp_path)
    children.start("parent", [sys.executable, "-c", STUBBORN_PARENT])
    grandchild = int(wait_for_log(children, "parent"))
    time.sleep(0.2)  # Until it ignores SIGTERM.
    children.stop_all()
    deadline = time.monotonic() + 5
    while start_ticks(grandchild) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert start_ticks(grandchild) is None


def test_children_lead_groups_of_their_own(tmp_path: Path) -> None:
    children = Children(logs=tmp_path)
    child = children.start("sleeper", SLEEPER)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    children.stop_all()
