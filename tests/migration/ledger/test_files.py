"""Files of dead processes are collected once, whole, and never those of a living one (protocol W5, W6, F9)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pytest_django import Settings

from migration.enums import DebtState, HolderState
from migration.holders.dead import bury_proven_dead
from migration.holders.identity import own_files, own_host
from migration.holders.traces import leave_witness
from migration.ledger import files as module
from migration.ledger.entries import keep
from migration.ledger.files import (
    close_files,
    collect,
    collect_left_behind,
    is_collected,
    process_files,
)
from migration.ledger.inflight import InFlight
from migration.ledger.lines import Entry
from migration.ledger.spool import Spool
from migration.models import Debt, Holder
from tests.migration.bed import comment

NOBODY = 2**22 + 1
"""Above the highest process id Linux gives."""


@pytest.fixture(autouse=True)
def folder(control: Path, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.VAR_DIR = tmp_path
    yield tmp_path / "holders"
    close_files()


def entry(number: int) -> Entry:
    return Entry(comment(number), "dynamodb", "scylla-room", DebtState.OPEN, "a test")


def left(base: Path, *, spooled: int = 1, marked: int = 2) -> Path:
    """What a killed process leaves: its files, and no lock on them."""
    spool, inflight = Spool(base.with_suffix(".spool")), InFlight(base.with_suffix(".inflight"))
    spool.append(entry(spooled))
    inflight.mark(comment(marked), holder="dynamodb", owed="scylla-room")
    leave_witness(base)
    spool.forget()
    inflight.forget()
    return base


def kept() -> list[tuple[str, str]]:
    return list(Debt.objects.order_by("pk").values_list("text", "state"))


def test_what_the_dead_left_is_in_the_ledger_and_gone_from_the_folder(folder: Path) -> None:
    left(folder / "1-1-a")
    left(folder / "2-2-a", spooled=3, marked=4)
    assert collect_left_behind() == 4
    assert kept() == [("text 1", "open"), ("text 2", "unsettled"), ("text 3", "open"), ("text 4", "unsettled")]
    assert sorted(path.name for path in folder.iterdir()) == ["1-1-a.witness", "2-2-a.witness"]
    assert collect_left_behind() == 0


def test_a_living_process_keeps_its_files(folder: Path) -> None:
    spool = Spool(folder / "1-1-a.spool")
    spool.append(entry(1))
    assert collect_left_behind() == 0
    assert spool.path.exists()
    assert not is_collected(folder / "1-1-a")
    spool.forget()
    assert is_collected(folder / "1-1-a")


def test_this_process_opens_its_files_once_and_leaves_them_alone() -> None:
    mine = process_files()
    assert process_files() is mine
    mine.spool.append(entry(1))
    assert collect_left_behind() == 0
    assert mine.spool.path == own_files().with_suffix(".spool")


def test_a_file_that_is_taken_for_left_behind_while_it_is_made_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process looks between our open and our lock: what we hold then has no name any more."""
    base, looked, lock = folder / "1-1-a", list[int](), fcntl.flock

    def look_first(descriptor: int, operation: int) -> None:
        if not looked:
            looked.append(0)
            looked.append(collect(base))
        lock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", look_first)
    spool = Spool(base.with_suffix(".spool"))
    spool.append(entry(1))
    spool.forget()
    assert looked == [0, 0]
    assert collect(base) == 1


def test_two_that_collect_at_once_keep_all_of_it_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one comes while the first one is keeping the spool: it takes the marks, and knows of the rest."""
    base = left(folder / "1-1-a")
    all_is_kept: list[bool] = []

    def meanwhile(entries: Sequence[Entry]) -> None:
        if entries[0].state is DebtState.OPEN:
            all_is_kept.append(is_collected(base))
        keep(entries)

    monkeypatch.setattr(module, "keep", meanwhile)
    assert collect(base) == 1
    assert all_is_kept == [False]
    assert kept() == [("text 2", "unsettled"), ("text 1", "open")]


def test_a_file_that_cannot_be_read_does_not_keep_the_others(folder: Path) -> None:
    left(folder / "2-2-a")
    (folder / "1-1-a.spool").mkdir()
    assert collect_left_behind() == 2


def test_nobody_is_dead_before_his_files_are_in_the_ledger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process is in the middle of collecting them: a move would take the ledger for complete (protocol F3)."""
    base = left(folder / "1-1-a")
    dead = Holder.objects.create(kind="web", host=own_host(), pid=NOBODY, started=1, slot=1, files=str(base))
    buried: list[int] = []

    def meanwhile(entries: Sequence[Entry]) -> None:
        if not buried:
            buried.append(0)
            buried.append(bury_proven_dead())
        keep(entries)

    monkeypatch.setattr(module, "keep", meanwhile)
    assert collect(base) == 1
    assert buried == [0, 0]
    assert bury_proven_dead() == 1
    dead.refresh_from_db()
    assert dead.state == HolderState.DEAD


def test_files_that_cannot_be_emptied_keep_their_holder_and_stop_nobody(folder: Path) -> None:
    (folder / "1-1-a.spool").mkdir(parents=True)
    Holder.objects.create(kind="web", host=own_host(), pid=NOBODY, started=1, slot=1, files=str(folder / "1-1-a"))
    assert bury_proven_dead() == 0


def test_one_whose_files_were_emptied_by_somebody_else_is_dead(folder: Path) -> None:
    """As by the task that pays debts, which does not look at holders."""
    base = left(folder / "1-1-a")
    dead = Holder.objects.create(kind="web", host=own_host(), pid=NOBODY, started=1, slot=1, files=str(base))
    assert collect_left_behind() == 2
    assert bury_proven_dead() == 1
    dead.refresh_from_db()
    assert dead.state == HolderState.DEAD


def test_one_that_closed_its_files_and_could_not_leave_is_dead() -> None:
    """The control database was away when it ended."""
    process_files()
    base = own_files()
    close_files()
    assert not base.with_suffix(".spool").exists()
    Holder.objects.create(kind="web", host=own_host(), pid=NOBODY, started=1, slot=1, files=str(base))
    assert bury_proven_dead() == 1


def test_a_forked_child_does_not_hold_its_parents_files(folder: Path) -> None:
    """They would stay locked for as long as the child lives, and the dead parent's debts unpaid."""
    mine = process_files()
    mine.spool.append(entry(1))
    base, (is_up, up), (stay, go) = own_files(), os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(up, b"!")
        os.read(stay, 1)
        os._exit(0)
    assert os.read(is_up, 1) == b"!"
    mine.forget()
    module._files = None
    assert collect(base) == 1
    os.write(go, b"!")
    os.waitpid(child, 0)
    for end in (is_up, up, stay, go):
        os.close(end)
