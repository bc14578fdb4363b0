"""Sends prepared statements within a role's deadlines, each in the way its outcome allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType

from chat.stores.base import Deadlines
from chat.stores.scylla.connection import Connection
from chat.stores.scylla.errors import Sent, translated
from chat.stores.scylla.statements import Statement
from chatproject.cassandra import CONDITIONAL, HOT

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Requests:
    """Reads run at the read consistency of the settings, `strong` reads and writes at the write consistency (W9)."""

    connection: Connection
    deadlines: Deadlines
    store: str

    def rows(
        self, statement: Statement, values: Values, *, page_rows: int, strong: bool = False
    ) -> Iterator[tuple[Any, ...]]:
        """Rows as tuples, in the order the statement names its columns; one page at a time is in memory.

        Each page is a request of its own, with its own deadline: pages that the driver fetches by itself have none,
        because it starts no new timer for them.
        """
        session, bound = self._bind(statement, values)
        bound.fetch_size = page_rows
        if strong:
            bound.consistency_level = _write_level(session)
        state = None
        while True:
            with translated(self.store, Sent.READ):
                result = session.execute(
                    bound, timeout=self.deadlines.request, execution_profile=HOT, paging_state=state
                )
            yield from result.current_rows
            # ScyllaDB may give a short or empty page in the middle: only this says that it was the last one.
            if not result.has_more_pages:
                return
            state = result.paging_state

    def once(self, statement: Statement, values: Values) -> dict[str, Any]:
        """A conditional write, sent exactly once (protocol W1): its one row, by column name."""
        session, bound = self._bind(statement, values)
        with translated(self.store, Sent.CONDITIONAL):
            result = session.execute(bound, timeout=self.deadlines.request, execution_profile=CONDITIONAL)
        row: dict[str, Any] = result.one()
        return row

    def write(self, statement: Statement, values: Values) -> None:
        """An idempotent write, confirmed when this returns. The driver may send it to another node if one fails."""
        session, bound = self._bind(statement, values)
        bound.consistency_level = _write_level(session)
        with translated(self.store, Sent.WRITE):
            session.execute(bound, timeout=self.deadlines.request, execution_profile=HOT)

    def write_all(self, statement: Statement, batches: Iterable[Sequence[Values]], *, in_flight: int) -> None:
        """Idempotent writes, a group of one partition at a time, `in_flight` groups at once; all confirmed.

        Unlogged: a batch of one partition is one mutation, so a log of it would cost much and protect nothing.
        """
        session = self.connection.session(seconds=self.deadlines.connect)
        prepared = self.connection.prepared(statement, seconds=self.deadlines.request)
        profile = session.execution_profile_clone_update(
            HOT, consistency_level=_write_level(session), request_timeout=self.deadlines.request
        )
        with translated(self.store, Sent.WRITE):
            sends = [(_batch(prepared, group), None) for group in batches]
            execute_concurrent(session, sends, concurrency=in_flight, execution_profile=profile)

    def _bind(self, statement: Statement, values: Values) -> tuple[Any, Any]:
        session = self.connection.session(seconds=self.deadlines.connect)
        prepared = self.connection.prepared(statement, seconds=self.deadlines.request)
        with translated(self.store, Sent.READ):
            return session, prepared.bind(values)


def _batch(prepared: Any, group: Sequence[Values]) -> Any:
    batch = BatchStatement(batch_type=BatchType.UNLOGGED)
    for values in group:
        batch.add(prepared, values)
    return batch


def _write_level(session: Any) -> int:
    level: int = session.get_execution_profile(CONDITIONAL).consistency_level
    return level
