"""The thread tidies each second and when woken, whatever goes wrong, and once more at its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic

import pytest
from django.db import OperationalError

from migration.ledger.tidying import TIDY_SECONDS, Tidier

pytestmark = pytest.mark.usefixtures("control")


class Books:
    """Each round is a permit of `rounds`; `faults` are raised in turn."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.rounds = threading.Semaphore(0)

    def tidy(self) -> None:
        self.rounds.release()
        if self.faults:
            raise self.faults.pop(0)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Books, Tidier]]:
    books = Books(*getattr(request, "param", ()))
    tidier = Tidier(books.tidy)
    tidier.start()
    yield books, tidier
    tidier.stop()
    assert not tidier.is_alive()


def test_woken_it_does_not_wait_for_the_second(running: tuple[Books, Tidier]) -> None:
    books, tidier = running
    began = monotonic()
    tidier.wake()
    assert books.rounds.acquire(timeout=10)
    assert monotonic() - began < TIDY_SECONDS / 2
    assert books.rounds.acquire(timeout=10), "and by itself"


@pytest.mark.parametrize("running", [(OperationalError("away"), OSError("disk full"))], indirect=True)
def test_neither_a_database_nor_a_disk_ends_it(running: tuple[Books, Tidier]) -> None:
    books, tidier = running
    for _ in range(3):
        tidier.wake()
        assert books.rounds.acquire(timeout=10)


def test_its_end_is_one_more_round() -> None:
    books = Books()
    tidier = Tidier(books.tidy)
    tidier.start()
    tidier.stop()
    assert books.rounds.acquire(timeout=0)
    assert not tidier.is_alive()
