"""Messages to workers. Losing one loses nothing: the sweeper sends it again from the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from migration.enums import RunKind
from migration.exceptions import NoWorker

log = structlog.get_logger(__name__)

TASKS = {
    RunKind.BACKFILL: "migration.backfill.work",
    RunKind.PARITY: "migration.parity.work",
    RunKind.CENSUS: "migration.census.work",
}


ANSWER_SECONDS = 1.0
"""Workers answer within milliseconds, but nothing tells that the last one has."""


def wake(segment_ids: Iterable[int], kind: RunKind, *, after: float = 0.0) -> None:
    """Call after the commit, or a worker may look before the row is there. `after` is seconds to wait first."""
    for segment_id in segment_ids:
        try:
            current_app.send_task(TASKS[kind], args=[segment_id], queue=kind.value, countdown=after or None)
        except OperationalError as error:
            log.warning("broker_away", error=str(error))
            return


def queued(kind: RunKind) -> int | None:
    """How many messages wait for a worker; None when the broker does not answer."""
    try:
        with _broker() as broker:
            return _length(broker, kind.value)
    except OperationalError as error:
        log.warning("broker_away", error=str(error))
        return None


def _length(broker: Any, queue: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(queue=queue, passive=True).message_count)
    except broker.channel_errors:
        # Redis has no key for an empty list, so its queue is not found.
        return 0


def require_workers(*queues: str) -> None:
    """Raises `NoWorker` unless somebody listens on each queue, so that a command does not wait for ever."""
    try:
        with _broker():
            answers = current_app.control.inspect(timeout=ANSWER_SECONDS).active_queues() or {}
    except OperationalError as error:
        raise NoWorker(f"the broker does not answer ({error}); start Redis, or add --inline") from error
    heard = {listening["name"] for worker in answers.values() for listening in worker}
    for queue in queues:
        if queue not in heard:
            raise NoWorker(
                f"no worker listens on the queue {queue!r}: start one with "
                f"`celery -A chatproject worker -Q {queue}`, or add --inline to work in this process"
            )


@contextmanager
def _broker() -> Iterator[Any]:
    """Raises `OperationalError` within a second or two; by itself Celery would try for many."""
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        yield broker
