"""Drains at once share the work, and what a dead one had claimed is paid by another (protocol T7)."""

from __future__ import annotations

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from chat.conf import Role
from chat.data import Comment, StoreId
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from chat.stores.registry import open_store
from migration.ledger import drain as draining
from migration.ledger import leases
from migration.ledger.drain import Drained, drain, drain_for
from migration.ledger.leases import Observer, Pulse, leased
from migration.models import Debt, DrainLease
from tests.migration.bed import Bed, comment
from tests.migration.debts import owe

DYING = """
import os, signal
from chat.stores.registry import open_store
from migration.ledger.drain import drain

class Deadly:
    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        return getattr(self.store, name)

    def upsert_many(self, comments):
        self.store.upsert_many(comments[:1])
        os.kill(os.getpid(), signal.SIGKILL)

drain(lambda store_id, role: Deadly(open_store(store_id, role)))
"""


class Counting(MemoryStore):
    """Counts how often each comment is written; each writer waits once for all others."""

    def __init__(self, writers: int) -> None:
        super().__init__()
        self.written: Counter[str] = Counter()
        self.counting = Lock()
        self.together = Barrier(writers, timeout=20)
        self.calls = 0

    def upsert_many(self, comments: list[Comment]) -> None:
        with self.counting:
            self.calls += 1
            wait = self.calls <= self.together.parties
            self.written.update(one.text for one in comments)
        if wait:
            self.together.wait()
        super().upsert_many(comments)


def states() -> set[str]:
    return set(Debt.objects.values_list("state", flat=True))


@pytest.mark.usefixtures("control")
def test_two_drains_at_once_write_each_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The barrier makes sure that both are in the middle of a batch at the same moment."""
    monkeypatch.setattr(draining, "BATCH", 5)
    owe(*(comment(number) for number in range(40)))
    store = Counting(writers=2)

    def work(_: int) -> Drained:
        try:
            return drain_for(lambda *_: store, seconds=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        shares = list(pool.map(work, range(2)))
    assert sum(share.paid for share in shares) == 40
    assert all(share.paid >= 5 for share in shares)
    assert store.written == Counter({f"text {number}": 1 for number in range(40)})
    assert (states(), DrainLease.objects.count()) == ({"paid"}, 0)


@pytest.mark.usefixtures("control")
def test_a_claim_that_another_was_faster_with_looks_further_down() -> None:
    """The other one claims between our look and our update."""
    owe(*(comment(number) for number in range(4)))
    other = DrainLease.objects.create(worker="another")
    calls = count(1)

    def due() -> QuerySet[Debt]:
        # The second time it is asked for the update; the first two entries were seen free before.
        if next(calls) == 2:
            Debt.objects.filter(text__in=["text 0", "text 1"]).update(lease=other)
        return Debt.objects.order_by("pk")

    with leased(due, 2) as batch:
        assert batch is not None
        assert [entry.text for entry in batch[0]] == ["text 2", "text 3"]
    assert list(Debt.objects.order_by("pk").values_list("lease", flat=True)) == [other.pk, other.pk, None, None]


def test_what_a_killed_drain_had_claimed_is_paid_by_another(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.2)
    owe(comment(1), comment(2), comment(3))
    process = bed.start(DYING)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert bed.rows() == {comment(1)}
    assert (states(), Debt.objects.filter(lease=None).count()) == ({"open"}, 0)
    observer = Observer()
    assert observer.give_back() == 0, "nobody has looked long enough"
    assert drain(open_store) == Drained(), "they are claimed"
    time.sleep(0.25)
    assert observer.give_back() == 1
    assert drain(open_store) == Drained(paid=3)
    assert bed.rows() == {comment(1), comment(2), comment(3)}
    assert DrainLease.objects.count() == 0


@pytest.mark.usefixtures("control")
def test_a_lease_that_shows_life_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.0)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.0)
    lease = DrainLease.objects.create(worker="one")
    expire, pulse = leases._expire, Pulse(lease)

    def just_in_time(pk: int, beats: int) -> bool:
        assert pulse()
        return expire(pk, beats)

    monkeypatch.setattr(leases, "_expire", just_in_time)
    assert Observer().give_back() == 0
    assert DrainLease.objects.get().beats == 1


@pytest.mark.usefixtures("control")
def test_an_observer_counts_from_the_last_beat_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(leases, "monotonic", lambda: now)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.0)
    pulse = Pulse(DrainLease.objects.create(worker="one"), shown=0.0)
    observer = Observer()
    assert observer.give_back() == 0
    now += leases.LEASE_SECONDS - 1
    assert pulse()
    assert observer.give_back() == 0
    now += leases.LEASE_SECONDS - 1
    assert observer.give_back() == 0
    now += 1
    assert observer.give_back() == 1


@pytest.mark.usefixtures("control")
def test_a_drain_that_lost_its_lease_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entries are another's by now; what it has done so far counts."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.0)
    owe(comment(1))
    owe(comment(2), holder=StoreId.SCYLLA_ROOM, owed=StoreId.DYNAMODB)

    def give_away(store_id: StoreId, role: Role) -> Store:
        DrainLease.objects.all().delete()
        return MemoryStore()

    assert drain(give_away) == Drained(paid=1)
    assert sorted(Debt.objects.values_list("state", flat=True)) == ["open", "paid"]
    assert not Debt.objects.exclude(lease=None).exists()


@pytest.mark.usefixtures("control")
def test_a_drain_that_fails_gives_its_batch_back() -> None:
    owe(comment(1))

    def interrupted(store_id: StoreId, role: Role) -> Store:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(interrupted)
    assert (Debt.objects.get().lease, DrainLease.objects.count()) == (None, 0)


@pytest.mark.usefixtures("control")
def test_a_hold_waits_for_no_lease() -> None:
    owe(comment(1))
    Debt.objects.update(lease=DrainLease.objects.create(worker="another"))
    store = MemoryStore()
    assert drain(lambda *_: store) == Drained()
    assert drain(lambda *_: store, at_once=True) == Drained(paid=1)


@pytest.mark.usefixtures("control")
def test_an_empty_ledger_makes_no_lease(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert drain(lambda *_: MemoryStore()) == Drained()
