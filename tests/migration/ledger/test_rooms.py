"""Rooms written to are saved for the sweep, each with its last instant (protocol D4)."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from migration.ledger import rooms as module
from migration.ledger.rooms import RoomsWritten
from migration.models import ActiveRoom

pytestmark = pytest.mark.usefixtures("control")


def saved() -> dict[str, int]:
    return dict(ActiveRoom.objects.values_list("room", "last_us"))


def test_the_last_instant_of_each_room_is_saved() -> None:
    rooms = RoomsWritten()
    for room, at in (("chat", 5), ("chat", 9), ("chat", 7), ("other", 3)):
        rooms.note(room, at)
    assert saved() == {}
    rooms.flush()
    assert saved() == {"chat": 9, "other": 3}


def test_another_process_that_wrote_later_is_not_put_back() -> None:
    ActiveRoom.objects.create(room="chat", last_us=20)
    rooms = RoomsWritten()
    rooms.note("chat", 10)
    rooms.flush()
    assert saved() == {"chat": 20}


def test_what_could_not_be_saved_is_saved_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = RoomsWritten()
    rooms.note("chat", 10)

    def away(room: str, time_us: int) -> None:
        rooms.note("later", 11)
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_save", away)
        with pytest.raises(OperationalError):
            rooms.flush()
    rooms.flush()
    assert saved() == {"chat": 10, "later": 11}


def test_a_room_is_told_at_once_when_it_is_new_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROOMS", 1)
    told: list[int] = []
    rooms = RoomsWritten(on_new=lambda: told.append(1))
    for room in ("chat", "chat", "other"):
        rooms.note(room, 1)
    assert len(told) == 2
    rooms.flush()
    rooms.note("chat", 2)
    assert len(told) == 2
    # More than it remembers: it begins anew.
    rooms.flush()
    rooms.note("other", 2)
    assert len(told) == 3
