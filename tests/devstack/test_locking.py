"""Two commands do not change the stack at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devstack.locking import hold_lock


def test_the_second_command_waits_for_the_first_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "var" / "devstack.lock"
    entered = threading.Event()

    def enter() -> None:
        with hold_lock(path):
            entered.set()

    second = threading.Thread(target=enter)
    with hold_lock(path):
        second.start()
        assert not entered.wait(0.3)
    second.join(5)

    assert entered.is_set()
    assert capsys.readouterr().out == "Another devstack command is at work: waiting for it.\n"
