"""The in-flight file: what a process that dies was in the middle of is known (protocol W5)."""

from __future__ import annotations

import itertools
import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from chat.data import Comment
from migration.enums import DebtState, HolderState
from migration.holders.dead import bury_proven_dead
from migration.ledger.inflight import HEADER, SLOT_BYTES, SLOTS, InFlight, NoFreeSlot, collect_marks
from migration.ledger.lines import Entry
from migration.ledger.spool import Spool
from migration.models import Debt, Holder

ONE = Comment(room="chat", name="ann", time_us=1_700_000_000_000_001, text="hé\n😀")
TWO = Comment(room="chat", name="bob", time_us=1_700_000_000_000_102, text="")

WRITER = """
import sys, time
from pathlib import Path
from chat.data import Comment
from migration.ledger.inflight import InFlight
file = InFlight(Path(sys.argv[1]))
first = file.mark(Comment("chat", "ann", 1_700_000_000_000_001, "hé\\n😀"), holder="dynamodb", owed="scylla-room")
file.mark(Comment("chat", "bob", 1_700_000_000_000_102, ""), holder="scylla-room", owed="")
file.clear(first) if sys.argv[2] == "clear" else None
print("marked", flush=True)
time.sleep(60)
"""


def killed_writer(path: Path, mode: str) -> None:
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), mode], stdout=subprocess.PIPE, env=environment
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"marked\n"
        assert collect_marks(path, list[Entry]().extend) is None, "a living process's file is its own"
        writer.send_signal(signal.SIGKILL)


def found_in(path: Path) -> list[Entry]:
    found: list[Entry] = []
    assert collect_marks(path, found.extend) == len(found)
    assert not path.exists()
    return found


def test_marks_of_a_killed_process_are_found_whole(tmp_path: Path) -> None:
    path = tmp_path / "1.inflight"
    killed_writer(path, "keep")
    found = found_in(path)
    assert {(entry.comment, entry.holder, entry.owed, entry.state) for entry in found} == {
        (ONE, "dynamodb", "scylla-room", DebtState.UNSETTLED),
        (TWO, "scylla-room", "", DebtState.UNSETTLED),
    }


def test_what_was_cleared_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "1.inflight"
    killed_writer(path, "clear")
    assert [entry.comment for entry in found_in(path)] == [TWO]


def test_a_torn_mark_is_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "1.inflight"
    killed_writer(path, "keep")
    with path.open("r+b") as file:
        for slot in range(SLOTS):
            file.seek(slot * SLOT_BYTES)
            length, _ = HEADER.unpack(file.read(HEADER.size))
            if length:
                file.write(b"x")
    assert found_in(path) == []


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "1.inflight"
    file = InFlight(path)
    file.clear(file.mark(ONE, holder="dynamodb", owed="scylla-room"))
    file.close()
    assert collect_marks(path, list[Entry]().extend) is None
    assert not path.exists()


def test_a_full_file_and_a_comment_too_large_are_told(tmp_path: Path) -> None:
    file = InFlight(tmp_path / "1.inflight")
    for _ in range(SLOTS):
        file.mark(ONE, holder="dynamodb", owed="scylla-room")
    with pytest.raises(NoFreeSlot, match="all 256 slots"):
        file.mark(TWO, holder="dynamodb", owed="scylla-room")
    file.clear(7)
    huge = Comment(room="chat", name="x", time_us=1, text="y" * SLOT_BYTES)
    with pytest.raises(NoFreeSlot, match="bytes"):
        file.mark(huge, holder="dynamodb", owed="scylla-room")
    assert file.mark(TWO, holder="dynamodb", owed="scylla-room") == 7
    assert file.path.stat().st_blocks * 512 < 2**21, "the file is sparse"


def test_a_hardened_mark_has_no_page_left_in_memory_alone(tmp_path: Path) -> None:
    """The kernel says which pages of the file are not on the disk yet; no test can cut the power."""
    file = InFlight(tmp_path / "1.inflight")
    long = Comment(room="chat", name="cid", time_us=1_700_000_000_000_203, text="x" * 3 * mmap.PAGESIZE)
    other = file.mark(ONE, holder="dynamodb", owed="scylla-room")
    slot = file.mark(long, holder="dynamodb", owed="scylla-room")
    assert dirty_bytes(file.path) == 5 * mmap.PAGESIZE
    file.harden(slot)
    assert dirty_bytes(file.path) == mmap.PAGESIZE, "the other one, which nobody asked for"
    file.harden(other)
    assert dirty_bytes(file.path) == 0


def test_a_hardened_mark_is_found_after_the_machine_was_started_anew(control: Path, tmp_path: Path) -> None:
    """Its process had another boot id, and no pid can prove anything any more."""
    base = tmp_path / "7-7-a"
    spool, file = Spool(base.with_suffix(".spool")), InFlight(base.with_suffix(".inflight"))
    file.harden(file.mark(ONE, holder="dynamodb", owed="scylla-room"))
    spool.forget()
    file.forget()
    boot = "00000000-0000-4000-8000-000000000000"
    holder = Holder.objects.create(
        kind="web", host=f"{boot} pid:[4026531836]", pid=os.getpid(), started=7, slot=7, files=str(base)
    )
    assert bury_proven_dead() == 1
    holder.refresh_from_db()
    assert holder.state == HolderState.DEAD
    debt = Debt.objects.get()
    assert (debt.comment, debt.state, debt.owed) == (ONE, "unsettled", "scylla-room")
    assert debt.next_try_at <= timezone.now()


def dirty_bytes(path: Path) -> int:
    """Of this process's mapping of the file (proc_pid_smaps(5))."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    next(line for line in lines if line.endswith(str(path)))
    sizes: dict[str, int] = {}
    for line in itertools.islice(lines, 20):
        word, _, rest = line.partition(":")
        if rest.endswith(" kB"):
            sizes.setdefault(word, int(rest.split()[0]) * 1024)
    return sizes["Shared_Dirty"] + sizes["Private_Dirty"]


def test_length_and_name_are_on_the_disk_from_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, real = list[str](), os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    path = tmp_path / "holders" / "1.inflight"
    InFlight(path)
    assert synced == [str(path), str(path.parent), str(tmp_path)]


def test_a_mark_costs_microseconds(tmp_path: Path) -> None:
    """Not a timed claim: the bench has that. Only that no system call or copy of the file has slipped in."""
    file = InFlight(tmp_path / "1.inflight")
    began = time.perf_counter()
    for _ in range(5000):
        file.clear(file.mark(ONE, holder="dynamodb", owed="scylla-room"))
    assert (time.perf_counter() - began) / 5000 < 0.001
