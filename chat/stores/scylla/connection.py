"""One session per process, connected at first use under our own lock, and the statements prepared on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chat.exceptions import StoreUnavailable
from chat.stores.scylla.errors import DRIVER_ERRORS, Sent, translated
from chat.stores.scylla.singleflight import SingleFlight
from chat.stores.scylla.statements import Statement

RETRY_PAUSE: Final = 1.0
"""Seconds after a failed connect in which calls fail at once instead of queueing up behind a cluster that is down."""


class Connection:
    """Shared by all threads and all stores of the process; after a fork the child connects anew by itself."""

    def __init__(self, *, opener: Callable[[], Any], address: str, store: str) -> None:
        """`opener` gives a connected session or raises; `address` and `store` are for messages."""
        self._address = address
        self._store = store
        self._session = SingleFlight(opener, pause=RETRY_PAUSE)
        # The driver itself keeps prepared statements only by weak reference.
        self._prepared: dict[Statement, SingleFlight[Any]] = {}

    def session(self, *, seconds: float) -> Any:
        """The connected `cassandra.cluster.Session`. Raises `StoreUnavailable` when there is none within `seconds`."""
        try:
            return self._session.get(seconds=seconds)
        except (*DRIVER_ERRORS, OSError) as error:
            raise StoreUnavailable(self._store, self._advice(error)) from error

    def prepared(self, statement: Statement, *, seconds: float) -> Any:
        """The `PreparedStatement`, prepared once per process, on a session that is connected already.

        Prepared by a thread of its own: the driver would wait ten seconds for the answer, whatever our deadline is.
        Raises `StoreUnavailable`, or `StoreRefused` when the table or a column is missing.
        """
        flight = self._prepared.get(statement)
        if flight is None:
            # setdefault is one step, so two threads get one and the same flight.
            flight = self._prepared.setdefault(statement, SingleFlight(lambda: self._prepare(statement), pause=0.0))
        with translated(self._store, Sent.READ):
            return flight.get(seconds=seconds)

    def _prepare(self, statement: Statement) -> Any:
        prepared = self._session.get(seconds=0.0).prepare(statement.cql)
        # Lets the driver send a slow read to a second node. Never for conditional writes, which are sent once (W1).
        prepared.is_idempotent = statement.speculative
        return prepared

    def _advice(self, error: Exception) -> str:
        return (
            f"no CQL node can be reached at {self._address} ({type(error).__name__}: {error}); start one "
            "(`python -m devstack up`) or check SCYLLA_CONTACT_POINTS, SCYLLA_PORT and SCYLLA_LOCAL_DC"
        )
