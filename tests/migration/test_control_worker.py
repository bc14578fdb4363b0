"""What the control queue does: begins requests, also beside a kill, and leaves background work while frozen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from migration import tasks
from migration.enums import Phase, RunKind, Step
from migration.models import Holder, Rollout, Segment, Transition
from migration.parity import runs as parity
from migration.people.actors import shell_actor
from migration.transitions import recovery
from migration.transitions.freezing import freeze, thaw
from migration.transitions.messages import QUEUE, RUN
from migration.transitions.requests import request
from tests.migration import broker as brokers
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes
from tests.migration.broker import Broker, Message
from tests.migration.debts import owe
from tests.migration.vectors import POST, holder, phase_of, wish

ADA = shell_actor("ada")
WORKER = """
from chatproject.celery import app
options = ["--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]
app.worker_main(["worker", "--queues=control", "--hostname=control@test", *options])
"""


@pytest.fixture
def broker(bed: Bed) -> Iterator[Broker]:
    with brokers.broker() as broker:
        yield broker


@contextmanager
def worker(bed: Bed) -> Iterator[Callable[[], None]]:
    """A real one, in a session of its own; yields what kills it and its pool, as when a machine is lost."""
    process = bed.start(WORKER)

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    try:
        yield kill
    finally:
        kill()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not done():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def step() -> str:
    return Transition.objects.get().step


def test_a_worker_begins_a_request_and_what_it_leaves_when_killed_is_finished(
    bed: Bed, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.3)
    holder(acked=1)
    asked = request(wish(POST), ADA)
    with worker(bed) as kill:
        # It flips, then waits for a process that says nothing.
        until(lambda: step() == Step.FLIPPED)
        kill()
    assert phase_of(POST) is Phase.DUAL
    Holder.objects.update(acked_epoch=2)
    tasks.run_transition(asked.pk)
    tasks.recover_transitions()
    assert (step(), Transition.objects.get().pk, Rollout.objects.get().epoch) == (Step.DONE, asked.pk, 2)


def test_a_frozen_rollout_leaves_segments_alone_until_the_thaw(
    bed: Bed, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror_writes()
    bed.seed_source([comment(1)])
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)
    compared = parity.start(actor="test", room="none").segments.get()
    freeze(ADA, reason="night")
    tasks.backfill_work(segment.pk)
    tasks.parity_work(compared.pk)
    tasks.sweep_segments()
    assert set(Segment.objects.values_list("attempts", "fence", "read")) == {(0, 0, 0)}
    assert [broker.waiting(kind.value) for kind in RunKind] == [[] for _ in RunKind]
    thaw(ADA, reason="morning")
    tasks.sweep_segments()
    assert [len(broker.waiting(kind.value)) for kind in (RunKind.BACKFILL, RunKind.PARITY)] == [1, 1]
    tasks.backfill_work(segment.pk)
    segment.refresh_from_db()
    assert (segment.read, bed.rows()) == (1, {comment(1)})


def test_a_frozen_rollout_goes_on_paying_its_debts(bed: Bed, broker: Broker) -> None:
    """A freeze that let the mirror grow older would make the way back worse, not safer."""
    mirror_writes()
    owe(comment(1))
    freeze(ADA, reason="night")
    tasks.drain_ledger()
    assert bed.rows() == {comment(1)}


def test_the_message_names_a_task_that_workers_know(bed: Bed, broker: Broker) -> None:
    asked = request(wish(POST), ADA)
    assert broker.waiting(QUEUE) == [Message(RUN, [asked.pk], None)]
    assert tasks.run_transition.name == RUN
