"""Wake-ups reach the queue of their kind, and a broker that is away is said, never raised at a worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatproject.celery import app
from migration.enums import RunKind
from migration.exceptions import NoWorker
from migration.wakeups import TASKS, queued, require_workers, wake
from tests.migration import broker as brokers
from tests.migration.broker import Broker, Message
from tests.serving import free_port


@pytest.fixture
def broker() -> Iterator[Broker]:
    with brokers.broker() as broker:
        yield broker


@pytest.fixture
def no_broker() -> Iterator[None]:
    with brokers.application(f"redis://127.0.0.1:{free_port()}/0"):
        yield


def test_every_kind_of_run_has_a_task_that_workers_know() -> None:
    app.loader.import_default_modules()
    assert set(TASKS) == set(RunKind)
    assert set(TASKS.values()) <= set(app.tasks)


@pytest.mark.parametrize("kind", RunKind)
def test_each_segment_has_one_message_in_the_queue_of_its_kind(broker: Broker, kind: RunKind) -> None:
    wake([7, 8], kind)
    assert broker.waiting(kind.value) == [Message(TASKS[kind], [7], None), Message(TASKS[kind], [8], None)]
    others = set(RunKind) - {kind}
    assert [broker.waiting(other.value) for other in others] == [[] for _ in others]


def test_a_pause_before_the_next_attempt_goes_with_the_message(broker: Broker) -> None:
    before = datetime.now(UTC)
    wake([7], RunKind.BACKFILL, after=30.0)
    (message,) = broker.waiting("backfill")
    assert message.eta is not None
    assert 29 < (message.eta - before).total_seconds() < 40


def test_what_waits_in_a_queue_is_counted(broker: Broker) -> None:
    assert queued(RunKind.PARITY) == 0
    wake([1, 2, 3], RunKind.PARITY)
    assert (queued(RunKind.PARITY), queued(RunKind.BACKFILL)) == (3, 0)
    broker.lose()
    assert queued(RunKind.PARITY) == 0


@pytest.mark.usefixtures("no_broker")
def test_without_a_broker_nothing_is_raised_and_nothing_is_counted() -> None:
    wake([1, 2, 3], RunKind.BACKFILL)
    assert queued(RunKind.BACKFILL) is None


@pytest.mark.usefixtures("no_broker")
def test_without_a_broker_no_worker_can_be_told_to_listen() -> None:
    with pytest.raises(NoWorker, match=r"the broker does not answer .* start Redis, or add --inline"):
        require_workers("backfill")


@pytest.mark.usefixtures("broker")
def test_without_a_worker_the_queue_is_named_and_how_to_start_one() -> None:
    with pytest.raises(NoWorker) as none:
        require_workers("backfill", "parity")
    assert str(none.value) == (
        "no worker listens on the queue 'backfill': start one with `celery -A chatproject worker -Q backfill`, "
        "or add --inline to work in this process"
    )
