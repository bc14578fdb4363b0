"""The mark of a write follows it from instant to instant, and is never left or cleared without reason (protocol W5)."""

from __future__ import annotations

import errno

import pytest

from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.routing.ports import Mark, WriteRoute
from chat.routing.underway import UnderWay
from tests.chat.routing.doubles import SOURCE, TARGET, Remembered

ROUTE = WriteRoute(epoch=1, authority=SOURCE, mirror=TARGET)
ONE, TWO = (Comment("chat", "ann", number, "hi") for number in (1, 2))


def test_only_the_newest_instant_is_marked() -> None:
    recorder = Remembered()
    under_way = UnderWay(recorder, ROUTE)
    under_way.begin(ONE)
    under_way.begin(TWO)
    assert recorder.under_way == [TWO]
    under_way.end()
    under_way.end()
    assert (recorder.under_way, recorder.abandoned) == ([], [])


def test_what_is_abandoned_is_abandoned_once() -> None:
    recorder = Remembered()
    under_way = UnderWay(recorder, ROUTE)
    under_way.abandon()
    under_way.begin(ONE)
    under_way.abandon()
    under_way.abandon()
    under_way.end()
    assert recorder.abandoned == [ONE]


def test_a_write_that_cannot_be_marked_is_not_sent() -> None:
    class Full(Remembered):
        def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreUnavailable, match=r"not sent, it cannot be marked: .*No space left"):
        UnderWay(Full(), ROUTE).begin(ONE)
