"""Celery's part: messages only wake workers, so losing, doubling or killing them loses and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from celery import current_app

from chat.exceptions import StoreUnavailable
from chatproject import beat
from chatproject.celery import app
from migration import tasks
from migration.backfill import working
from migration.enums import RunKind, RunState, SegmentState
from migration.exceptions import NoWorker
from migration.ledger import leases
from migration.models import Debt, DrainLease, Run, Segment
from migration.parity import runs as parity
from migration.people.actors import shell_actor
from migration.segments import lease, sweep
from migration.segments.lease import claim
from migration.segments.sweep import Observer
from migration.transitions.freezing import freeze, thaw
from migration.wakeups import TASKS, require_workers, wake
from tests.migration import broker as brokers
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes, run
from tests.migration.broker import Broker, Message
from tests.migration.census import surveying
from tests.migration.debts import owe

PATIENCE_SECONDS = 40.0

WORKER = """
from chatproject.celery import app
from migration.backfill import copiers, scanning
import time

write, pause = copiers.write_many, float(sys.argv[1])

def slow(store, comments, **options):
    write(store, comments, **options)
    time.sleep(pause)

scanning.PAGE_ITEMS = 20
copiers.write_many = slow
options = ["--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]
app.worker_main(["worker", f"--queues={sys.argv[2]}", f"--hostname={sys.argv[2]}@test", *options])
"""


@pytest.fixture
def broker(bed: Bed) -> Iterator[Broker]:
    mirror_writes()
    with brokers.broker() as broker:
        yield broker


@pytest.fixture
def sweeper(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A sweep whose observer saw nothing yet; leases run out within a tenth of a second."""
    monkeypatch.setattr(tasks, "_observer", Observer())
    monkeypatch.setattr(sweep, "LEASE_SECONDS", 0.1)
    return tasks.sweep_segments


def work_of(segment: Segment, kind: RunKind = RunKind.BACKFILL) -> Message:
    return Message(TASKS[kind], [segment.pk], None)


def a_run(bed: Bed) -> tuple[Run, Segment]:
    bed.seed_source([comment(1)])
    run = copying.begin(segments=1)
    return run, copying.only_segment(run)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, "a worker should have done it by now"
        time.sleep(0.05)


def test_every_scheduled_task_is_one_that_workers_know() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in beat.SCHEDULE.values()} <= set(app.tasks)


def test_the_last_worker_closes_the_run(bed: Bed, broker: Broker) -> None:
    run, segment = a_run(bed)
    tasks.backfill_work(segment.pk)
    run.refresh_from_db()
    assert (run.state, copying.target_complete()) == (RunState.DONE, True)
    assert broker.waiting("backfill") == []


def test_a_census_is_worked_on_and_closed_by_its_task(bed: Bed, broker: Broker) -> None:
    bed.seed_source([comment(1)])
    run = surveying.begin(segments=1)
    freeze(shell_actor("ada"), reason="night")
    tasks.census_work(run.segments.get().pk)
    assert run.segments.get().read == 0
    thaw(shell_actor("ada"), reason="morning")
    tasks.sweep_segments()
    assert broker.waiting("census") == [work_of(run.segments.get(), RunKind.CENSUS)]
    tasks.census_work(run.segments.get().pk)
    run.refresh_from_db()
    assert (run.state, surveying.report(run)["items"]) == (RunState.DONE, 1)


def test_a_segment_whose_time_is_up_is_queued_again(bed: Bed, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    _, segment = a_run(bed)
    monkeypatch.setattr(working, "copy", lambda *args, **options: False)
    tasks.backfill_work(segment.pk)
    assert broker.waiting("backfill") == [work_of(segment)]


def test_a_segment_that_failed_is_queued_again_after_a_pause(
    bed: Bed, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> bool:
        raise StoreUnavailable("scylla-room", "no node")

    run, segment = a_run(bed)
    monkeypatch.setattr(working, "copy", away)
    tasks.backfill_work(segment.pk)
    (message,) = broker.waiting("backfill")
    assert (message.args, message.eta is not None) == ([segment.pk], True)
    Segment.objects.update(attempts=lease.MAX_ATTEMPTS - 1)
    tasks.backfill_work(segment.pk)
    run.refresh_from_db()
    assert (run.state, len(broker.waiting("backfill"))) == (RunState.FAILED, 1)


def test_a_second_message_for_the_same_segment_changes_nothing(bed: Bed, broker: Broker) -> None:
    _, segment = a_run(bed)
    claim(segment.pk)
    tasks.backfill_work(segment.pk)
    segment.refresh_from_db()
    assert (segment.state, segment.fence, segment.read) == (SegmentState.LEASED, 1, 0)
    assert broker.waiting("backfill") == []


@pytest.mark.parametrize("task", [tasks.backfill_work, tasks.parity_work])
def test_a_message_for_a_segment_that_is_not_there_changes_nothing(broker: Broker, task: Callable[[int], None]) -> None:
    """It may come from another deployment on the same Redis."""
    task(4711)
    assert not Run.objects.exists()


def test_a_room_is_compared_by_its_message_and_the_run_closed(bed: Bed, broker: Broker) -> None:
    bed.target.upsert(comment(1))
    run = parity.start(actor="test")
    tasks.parity_work(run.segments.get().pk)
    run.refresh_from_db()
    assert (run.state, parity.totals(run)["extra"]) == (RunState.DONE, 1)


def test_a_large_room_is_not_cut_off_by_the_time_limit_of_other_tasks() -> None:
    """Its lease tells whether its worker lives; killed every three minutes it would never end."""
    app.loader.import_default_modules()
    assert app.tasks["migration.parity.work"].time_limit == 6 * 3600
    assert app.conf.task_time_limit == 180


def test_the_sweep_hands_on_what_a_dead_worker_held(bed: Bed, broker: Broker, sweeper: Callable[[], None]) -> None:
    _, segment = a_run(bed)
    claim(segment.pk)
    sweeper()
    assert broker.waiting("backfill") == []
    time.sleep(0.15)
    sweeper()
    segment.refresh_from_db()
    assert (segment.state, segment.attempts) == (SegmentState.PENDING, 1)
    assert broker.waiting("backfill") == [work_of(segment)]


def test_the_sweep_sends_lost_messages_again_but_never_piles_them_up(
    bed: Bed, broker: Broker, sweeper: Callable[[], None]
) -> None:
    run = copying.begin(segments=3)
    segments = [work_of(segment) for segment in run.segments.order_by("pk")]
    wake(run.segments.values_list("pk", flat=True), RunKind.BACKFILL)
    for _ in range(3):
        sweeper()
        assert broker.waiting("backfill") == segments
    broker.lose()
    sweeper()
    sweeper()
    assert broker.waiting("backfill") == segments


def test_the_sweep_lives_without_a_broker(bed: Bed, sweeper: Callable[[], None]) -> None:
    mirror_writes()
    _, segment = a_run(bed)
    claim(segment.pk)
    with brokers.application("redis://127.0.0.1:1/0"):
        sweeper()
        time.sleep(0.15)
        sweeper()
    segment.refresh_from_db()
    assert segment.state == SegmentState.PENDING


def test_the_sweep_closes_a_run_whose_last_worker_died_before_it_could(
    bed: Bed, broker: Broker, sweeper: Callable[[], None]
) -> None:
    _, segment = a_run(bed)
    working.work(segment.pk)
    empty = parity.start(actor="test", room="none")
    parity.work(empty.segments.get().pk)
    assert set(Run.objects.values_list("state", flat=True)) == {"running"}
    sweeper()
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}
    assert copying.target_complete()


def test_the_sweep_ends_a_run_whose_segment_kills_each_worker(
    bed: Bed, broker: Broker, sweeper: Callable[[], None]
) -> None:
    run, segment = a_run(bed)
    Segment.objects.update(attempts=lease.MAX_ATTEMPTS - 1)
    claim(segment.pk)
    sweeper()
    time.sleep(0.15)
    sweeper()
    run.refresh_from_db()
    assert (run.state, copying.target_complete()) == (RunState.FAILED, False)
    assert "its worker died, or hung" in run.error


def test_debts_are_paid_by_their_task(bed: Bed, broker: Broker) -> None:
    owe(comment(1))
    tasks.drain_ledger()
    assert bed.rows() == {comment(1)}
    assert Debt.objects.get().state == "paid"


def test_debts_that_a_dead_drain_had_claimed_are_paid_by_the_task(
    bed: Bed, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_drains", leases.Observer())
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.1)
    owe(comment(1))
    Debt.objects.update(lease=DrainLease.objects.create(worker="dead"))
    tasks.drain_ledger()
    assert Debt.objects.get().state == "open"
    time.sleep(0.15)
    tasks.drain_ledger()
    assert Debt.objects.get().state == "paid"


@contextmanager
def worker(bed: Bed, queue: str, *, pause: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A real one with a pool of one child, in a session of its own; `pause` is seconds after each page of twenty."""
    process = bed.start(WORKER, str(pause), queue)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """The worker and its pool, as when a machine is lost. Twice does no harm."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def listening(*queues: str) -> bool:
    try:
        require_workers(*queues)
    except NoWorker:
        return False
    return True


def test_a_killed_worker_a_sweep_and_another_worker_finish_a_backfill_together(
    bed: Bed, broker: Broker, sweeper: Callable[[], None]
) -> None:
    rows = copying.ordinary()
    bed.seed_source(rows)
    with worker(bed, "backfill", pause=0.2) as first, worker(bed, "parity"):
        until(lambda: listening("backfill", "parity"))
        begun = run("backfill", "start", "--segments", "1")
        assert (begun.code, "running" in begun.out) == (0, True)
        until(lambda: Segment.objects.get().read >= 40)
        kill(first)
        segment = Segment.objects.get()
        assert segment.state == SegmentState.LEASED
        assert 40 <= segment.read < 400
        # Doubled messages, and those of another deployment, are harmless.
        wake([segment.pk, segment.pk, 4711], RunKind.BACKFILL)
        current_app.control.add_consumer("backfill", destination=["parity@test"])
        sweeper()
        time.sleep(0.15)
        sweeper()
        until(lambda: broker.waiting("backfill") == [])
        sweeper()
        until(lambda: Run.objects.get().state != RunState.RUNNING)
        copied = Run.objects.get()
        assert (copied.state, copied.error) == (RunState.DONE, "")
        assert copying.accounts(copied) == (400, 400, 0, 0)
        assert bed.rows() == set(rows)
        assert copying.target_complete()
        # No message was sent for this one: as if the broker had lost them all.
        compared = parity.start(actor="test")
        sweeper()
        until(lambda: Run.objects.get(pk=compared.pk).state == RunState.DONE)
        assert parity.totals(compared)["compared"] == 400
