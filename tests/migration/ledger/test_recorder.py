"""What a process owes is in the ledger, the spool or the in-flight file at every moment (protocol W5, W6, F4, F11)."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat.conf import Role
from chat.data import StoreId
from chat.routing.ports import Mark
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from migration.enums import DebtState
from migration.ledger import recorder as module
from migration.ledger.drain import Drained, drain, drain_everything
from migration.ledger.entries import keep
from migration.ledger.files import ProcessFiles
from migration.ledger.inflight import SLOTS, InFlight
from migration.ledger.lines import Entry
from migration.ledger.quick import QuickLedger
from migration.ledger.recorder import ProcessRecorder, SlotMark
from migration.ledger.spool import Spool
from migration.models import ActiveRoom, Debt
from tests.migration.bed import OLD_US, comment

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.fixture
def recorder(control: Path, tmp_path: Path) -> Iterator[ProcessRecorder]:
    """Its thread is not started: the test is the thread."""
    files = ProcessFiles(Spool(tmp_path / "own.spool"), InFlight(tmp_path / "own.inflight"))
    recorder = ProcessRecorder(files)
    yield recorder
    recorder.close()
    files.close()


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuickLedger, "keep", lambda *_: False)


def owe(recorder: ProcessRecorder, number: int = 1) -> None:
    recorder.owed(comment(number), holder=SOURCE, owed=TARGET, cause="mirror timed out")


def kept() -> list[tuple[str, str]]:
    return list(Debt.objects.order_by("pk").values_list("text", "state"))


def test_a_debt_is_in_the_ledger_when_the_call_returns(recorder: ProcessRecorder) -> None:
    owe(recorder)
    recorder.unsettled(comment(2), holder=SOURCE, owed=None, cause="answer lost")
    assert kept() == [("text 1", "open"), ("text 2", "unsettled")]
    assert recorder.all_kept


@pytest.mark.usefixtures("no_database")
def test_without_the_database_it_is_in_the_spool_and_no_epoch_is_confirmed(recorder: ProcessRecorder) -> None:
    owe(recorder)
    assert (kept(), recorder.files.spool.waiting, recorder.all_kept) == ([], 1, False)
    recorder.tidy()
    assert (kept(), recorder.files.spool.waiting, recorder.all_kept) == ([("text 1", "open")], 0, True)


def test_a_mark_lasts_from_begin_to_end(recorder: ProcessRecorder) -> None:
    mark = recorder.begin(comment(1), holder=SOURCE, owed=TARGET)
    assert recorder.files.inflight.taken == 1
    recorder.end(mark)
    assert recorder.files.inflight.taken == 0
    assert (kept(), recorder.all_kept) == ([], True)


def test_an_abandoned_write_is_marked_until_the_ledger_has_it(recorder: ProcessRecorder) -> None:
    recorder.abandon(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))
    assert (recorder.files.inflight.taken, recorder.all_kept) == (1, False)
    recorder.tidy()
    assert kept() == [("text 1", "unsettled")]
    assert (recorder.files.inflight.taken, recorder.all_kept) == (0, True)


def test_no_epoch_is_confirmed_while_an_abandoned_write_is_on_its_way_to_the_ledger(
    recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy looks in the middle of it."""
    recorder.abandon(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))
    seen: list[bool] = []

    def look(entries: Sequence[Entry]) -> None:
        seen.append(recorder.all_kept)
        keep(entries)

    monkeypatch.setattr(module, "keep", look)
    recorder.tidy()
    assert seen == [False]
    assert recorder.all_kept


def test_an_abandoned_write_that_the_ledger_refuses_is_tried_again(
    recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.abandon(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))

    def away(entries: Sequence[Entry]) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "keep", away)
        with pytest.raises(OperationalError):
            recorder.tidy()
    assert (recorder.files.inflight.taken, recorder.all_kept) == (1, False)
    recorder.tidy()
    assert kept() == [("text 1", "unsettled")]


@pytest.fixture
def without_a_slot(recorder: ProcessRecorder) -> Mark:
    """The mark of comment 1, which found every slot taken."""
    for number in range(SLOTS):
        recorder.begin(comment(1000 + number), holder=SOURCE, owed=TARGET)
    return recorder.begin(comment(1), holder=SOURCE, owed=TARGET)


def test_a_write_that_finds_no_free_slot_is_in_the_ledger_before_it_is_sent(
    recorder: ProcessRecorder, without_a_slot: Mark
) -> None:
    assert kept() == [("text 1", "unsettled")]
    assert (recorder.files.inflight.taken, recorder.all_kept) == (SLOTS, True)


def test_it_is_not_settled_while_its_request_may_be_under_way(without_a_slot: Mark) -> None:
    """Its client may be told that nothing was written; a drain that put it in between would make that a lie."""
    stores = {SOURCE: MemoryStore(), TARGET: MemoryStore()}

    def open_store(store_id: StoreId, role: Role) -> Store:
        return stores[store_id]

    assert (drain(open_store), drain_everything(open_store)) == (Drained(), Drained())
    assert list(stores[SOURCE].rooms()) == []
    wait = Debt.objects.get().next_try_at - timezone.now()
    assert 80 < wait.total_seconds() <= 90
    Debt.objects.update(next_try_at=timezone.now())
    assert drain(open_store) == Drained(paid=1), "its process is dead, or has forgotten it"


def test_it_is_due_as_soon_as_its_request_gives_up(recorder: ProcessRecorder, without_a_slot: Mark) -> None:
    recorder.unsettled(comment(1), holder=SOURCE, owed=TARGET, cause="answer lost")
    assert Debt.objects.get().next_try_at <= timezone.now()


def test_what_is_abandoned_is_due_at_once(recorder: ProcessRecorder) -> None:
    recorder.abandon(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))
    recorder.tidy()
    assert Debt.objects.get().next_try_at <= timezone.now()


@pytest.mark.usefixtures("no_database")
def test_a_mark_that_is_hardened_is_on_the_disk(recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = recorder.begin(comment(1), holder=SOURCE, owed=TARGET)
    assert isinstance(mark, SlotMark)
    hardened: list[int] = []
    monkeypatch.setattr(recorder.files.inflight, "harden", hardened.append)
    recorder.harden(mark)
    monkeypatch.setattr(recorder.files.inflight, "_free", [])
    recorder.harden(recorder.begin(comment(2), holder=SOURCE, owed=TARGET))
    recorder.harden(None)
    assert hardened == [mark.slot], "the second one is a line of the spool, fsynced"
    assert recorder.files.spool.waiting == 1


def test_its_entry_is_closed_when_the_write_is_over(recorder: ProcessRecorder, without_a_slot: Mark) -> None:
    recorder.tidy()
    assert kept() == [("text 1", "unsettled")], "it is under way still"
    recorder.end(without_a_slot)
    recorder.tidy()
    entry = Debt.objects.get()
    assert (entry.state, entry.closed_reason) == ("paid", "its write ended with nothing owed")
    assert entry.closed_at is not None
    assert recorder.files.inflight.taken == SLOTS


def test_its_entry_is_open_when_the_mirror_missed_it(recorder: ProcessRecorder, without_a_slot: Mark) -> None:
    """Acknowledged, so it counts for the readers of the room, in every process (protocol F11)."""
    owe(recorder)
    recorder.end(without_a_slot)
    recorder.tidy()
    assert kept() == [("text 1", "open")]
    assert recorder.owes(TARGET, "chat")


def test_its_entry_stays_unsettled_when_nobody_knows_how_it_ended(
    recorder: ProcessRecorder, without_a_slot: Mark
) -> None:
    recorder.unsettled(comment(1), holder=SOURCE, owed=TARGET, cause="answer lost")
    recorder.end(without_a_slot)
    recorder.tidy()
    assert kept() == [("text 1", "unsettled")]


def test_its_entry_stays_unsettled_when_the_write_is_abandoned(recorder: ProcessRecorder, without_a_slot: Mark) -> None:
    recorder.abandon(without_a_slot)
    recorder.end(without_a_slot)
    recorder.tidy()
    assert kept() == [("text 1", "unsettled")]


def test_its_entry_is_closed_also_when_it_is_in_the_spool(
    recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder.files.inflight, "_free", [])
    with monkeypatch.context() as patch:
        patch.setattr(QuickLedger, "keep", lambda *_: False)
        recorder.end(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))
    assert recorder.files.spool.waiting == 1
    recorder.tidy()
    assert kept() == [("text 1", "paid")]


def test_an_entry_whose_write_ends_while_the_books_are_tidied_is_closed_at_the_next_round(
    recorder: ProcessRecorder, without_a_slot: Mark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come to the spool after that was emptied, and would be kept only after it was closed."""
    with monkeypatch.context() as patch:
        patch.setattr(recorder.files.spool, "drain", lambda keep: recorder.end(without_a_slot))
        recorder.tidy()
    assert kept() == [("text 1", "unsettled")]
    recorder.tidy()
    assert kept() == [("text 1", "paid")]


def test_a_full_disk_lets_no_write_begin(recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse file's page that has no block kills the process that touches it, so blocks are asked for first."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.posix_fallocate", full)
        with pytest.raises(OSError, match="No space left"):
            recorder.begin(comment(1), holder=SOURCE, owed=TARGET)
    assert recorder.files.inflight.taken == 0
    recorder.end(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))


def test_the_rooms_that_are_written_are_saved(recorder: ProcessRecorder) -> None:
    recorder.begin(comment(1), holder=SOURCE, owed=TARGET)
    recorder.tidy()
    assert list(ActiveRoom.objects.values_list("room", "last_us")) == [("chat", OLD_US + 1_000_000)]


def test_a_room_is_read_elsewhere_from_the_debt_to_its_payment(recorder: ProcessRecorder) -> None:
    owe(recorder)
    assert recorder.owes(TARGET, "chat")
    assert not recorder.owes(SOURCE, "chat")
    assert not recorder.owes(TARGET, "other")
    recorder.tidy()
    assert recorder.owes(TARGET, "chat")
    Debt.objects.update(state=DebtState.PAID)
    recorder.tidy()
    assert not recorder.owes(TARGET, "chat")


@pytest.mark.usefixtures("no_database")
def test_a_debt_that_is_spooled_while_the_books_are_tidied_still_counts(
    recorder: ProcessRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes when the spool was emptied, and is not in the ledger yet when the rooms are read from there."""
    monkeypatch.setattr(recorder.rooms, "flush", lambda: owe(recorder))
    recorder.tidy()
    assert kept() == []
    assert recorder.owes(TARGET, "chat")


def test_what_is_left_at_the_end_is_kept_by_the_last_round(recorder: ProcessRecorder) -> None:
    recorder.start()
    recorder.start()
    recorder.abandon(recorder.begin(comment(1), holder=SOURCE, owed=TARGET))
    recorder.close()
    assert kept() == [("text 1", "unsettled")]
