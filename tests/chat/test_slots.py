"""Clock slots by lock files: one process each, given back by the kernel (protocol T1)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chat.exceptions import NotServing
from chat.slots import lease
from chatproject.env import BASE_DIR

LEASES = """
import sys, time
from pathlib import Path
from chat.slots import lease
print(lease(Path(sys.argv[1]), 10).slot, flush=True)
time.sleep(60)
"""


def test_slots_that_are_held_are_not_leased_again(tmp_path: Path) -> None:
    held = [lease(tmp_path / "slots", 3) for _ in range(3)]
    assert [one.slot for one in held] == [0, 1, 2]
    with pytest.raises(NotServing, match=r"all 3 clock slots .* raise CLOCK_SLOTS"):
        lease(tmp_path / "slots", 3)
    held[1].release()
    assert lease(tmp_path / "slots", 3).slot == 1


def test_the_slot_leased_longest_ago_comes_first(tmp_path: Path) -> None:
    slots = []
    for _ in range(5):
        one = lease(tmp_path, 3)
        slots.append(one.slot)
        one.release()
    assert slots == [0, 1, 2, 0, 1]


def test_a_killed_process_leaves_its_slot_free_and_a_living_one_does_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LEASES, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR)
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    others = [lease(tmp_path, 10) for _ in range(9)]
    with pytest.raises(NotServing):
        lease(tmp_path, 10)
    process.kill()
    process.communicate()
    assert lease(tmp_path, 10).slot == 0
    assert [one.slot for one in others] == list(range(1, 10))
