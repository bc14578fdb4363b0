"""Every process has a clock slot of its own; a slot is taken over after all the others (protocol T1, F3)."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from chat.conf import env
from chat.exceptions import NotServing
from migration.enums import HolderState
from migration.holders import register as module
from migration.holders.identity import Identity, own_identity
from migration.holders.instants import database_now
from migration.holders.register import deregister, register
from migration.models import Holder, Rollout
from tests.migration import forks
from tests.migration.vectors import holder

REGISTERS = """
import time
from pathlib import Path
from migration.holders.membership import Membership
from migration.ledger.files import process_files
process_files()
while not Path(sys.argv[1]).exists():
    time.sleep(0.002)
member = Membership("web")
print(member._registration.slot, *(member.next_instant() for _ in range(200)), flush=True)
time.sleep(60)
"""


def names(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """From here on this process is another one, of another host."""
    monkeypatch.setattr(module, "own_identity", lambda: Identity("another host", number, number))


def test_five_processes_that_register_at_once_share_neither_slot_nor_instant(rollout: Rollout, control: Path) -> None:
    go = control.parent / "go"
    processes = [forks.start(REGISTERS, control, str(go)) for _ in range(5)]
    go.touch()
    try:
        answers = [[int(word) for word in process.lines(1)[0].split()] for process in processes]
    finally:
        for process in processes:
            process.kill()
    slots, instants = {answer[0] for answer in answers}, [us for answer in answers for us in answer[1:]]
    assert slots == {0, 1, 2, 3, 4}
    assert len(set(instants)) == len(instants) == 1000
    assert {us % 100 for us in instants} == slots
    assert set(Holder.objects.values_list("slot", flat=True)) == slots


def test_killed_processes_are_proven_dead_by_the_next_to_register(rollout: Rollout, control: Path) -> None:
    process = forks.start(REGISTERS, control, str(control))
    try:
        slot = int(process.lines(1)[0].split()[0])
    finally:
        process.kill()
    register("web")
    assert Holder.objects.get(pid=process.pid).state == HolderState.DEAD
    assert Holder.objects.get(state=HolderState.LIVE).slot == slot + 1


def test_a_slot_is_taken_over_least_recently_used_first(
    rollout: Rollout, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"clock_slots": 3})
    taken = []
    for number in range(7):
        names(monkeypatch, number)
        registration = register("web")
        taken.append(registration.slot)
        if number != 1:
            deregister(registration.holder_id, registration.who, issued_us=0)
    # The process of slot 1 lives on, the other two slots go round.
    assert taken == [0, 1, 2, 0, 2, 0, 2]


def test_no_instant_of_an_earlier_holder_of_the_slot_is_issued_again(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"clock_slots": 2})
    for issued in (700, 900, 800):
        gone = holder(slot=0, state=HolderState.DEAD)
        Holder.objects.filter(pk=gone.pk).update(issued_us=issued)
    holder(slot=1)
    registration = register("web")
    assert (registration.slot, registration.floor_us) == (0, 900)


def test_when_every_slot_is_taken_the_operator_is_told_what_to_do(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"clock_slots": 2})
    holder(slot=0)
    holder(slot=1)
    with pytest.raises(NotServing, match="all 2 clock slots are leased; raise CLOCK_SLOTS"):
        register("web")


def test_a_slot_lost_to_a_faster_process_is_skipped(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one takes the slot after it was seen free."""
    free = module._free_slots

    def then_taken() -> list[int]:
        slots = free()
        holder(slot=slots[0])
        return slots

    monkeypatch.setattr(module, "_free_slots", then_taken)
    assert register("web").slot == 1


def test_a_process_has_one_registration(rollout: Rollout) -> None:
    """One left by a start that failed would be waited for as long as the process lives."""
    first = register("web")
    second = register("web")
    assert Holder.objects.get(pk=first.holder_id).state == HolderState.LEFT
    assert Holder.objects.get(state=HolderState.LIVE).pk == second.holder_id


def test_a_registration_that_is_not_committed_at_once_is_refused(rollout: Rollout) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        register("web")


def test_a_new_holder_has_confirmed_nothing_and_says_who_it_is(rollout: Rollout) -> None:
    row = Holder.objects.get(pk=register("web").holder_id)
    assert (row.state, row.acked_epoch, row.kind) == (HolderState.LIVE, 0, "web")
    assert Identity(row.host, row.pid, row.started) == own_identity()


def test_leaving_does_not_bring_a_dead_holder_back(rollout: Rollout) -> None:
    gone = holder(state=HolderState.DEAD)
    deregister(gone.pk, Identity(gone.host, gone.pid, gone.started), issued_us=5)
    gone.refresh_from_db()
    assert (gone.state, gone.issued_us) == (HolderState.DEAD, 0)


def test_leaving_ends_no_other_process_that_got_its_number(rollout: Rollout) -> None:
    """As after the control database was restored."""
    other = holder()
    deregister(other.pk, own_identity(), issued_us=5)
    other.refresh_from_db()
    assert other.state == HolderState.LIVE


def test_workers_leave_the_slots_to_those_that_post(
    rollout: Rollout, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"clock_slots": 2})
    for number in range(4):
        names(monkeypatch, number)
        assert register("worker", slotless=True).slot is None
    slots = []
    for number in (5, 6):
        names(monkeypatch, number)
        slots.append(register("web").slot)
    assert slots == [0, 1]


def test_a_registration_says_what_routes_it_and_on_which_machine(rollout: Rollout) -> None:
    row = Holder.objects.get(pk=register("web", backend="dual").holder_id)
    assert (row.backend, row.machine) == ("dual", socket.gethostname())


def test_the_slot_of_one_that_was_only_declared_dead_rests_for_a_day(rollout: Rollout, settings: Settings) -> None:
    """It may live, and still issue instants (protocol T1)."""
    settings.ENV = env().model_copy(update={"clock_slots": 2})
    declared = holder(slot=0, state=HolderState.DECLARED)
    Holder.objects.filter(pk=declared.pk).update(declared_at=database_now() - timedelta(hours=23))
    holder(slot=1)
    with pytest.raises(NotServing, match="holders list"):
        register("web")
    Holder.objects.filter(pk=declared.pk).update(declared_at=database_now() - timedelta(hours=25))
    assert register("web").slot == 0
