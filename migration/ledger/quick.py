"""Writes of a request to the control database: at most 200 ms, then the caller goes elsewhere (protocol W6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic

import structlog
from django.db import Error, connections

from migration.ledger.entries import keep
from migration.ledger.lines import Entry

log = structlog.get_logger(__name__)

LIMIT_SECONDS = 0.2
AWAY_SECONDS = 1.0
"""After a failure nobody tries for this long: each try of a database that hangs costs some request the limit."""
THREADS = 4


class QuickLedger:
    """Threads of its own, because no limit can be put on a driver that is waiting for a lock or a network."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
        self._away_until = 0.0

    def keep(self, entry: Entry) -> bool:
        """True when it is committed. False means: not known, or not tried; kept twice does no harm (protocol D1)."""
        if monotonic() < self._away_until:
            return False
        try:
            attempt = self._pool.submit(_keep, entry)
        except RuntimeError as error:
            # No thread can be started, or the interpreter ends. It may lie in the queue all the same: see above.
            return self._failed(error)
        try:
            attempt.result(LIMIT_SECONDS)
        except (TimeoutError, Error) as error:
            # Not begun yet, it would only be kept a second time when the database is back.
            attempt.cancel()
            return self._failed(error)
        return True

    def _failed(self, error: Exception) -> bool:
        self._away_until = monotonic() + AWAY_SECONDS
        log.warning("ledger_away", error=str(error) or f"no answer within {LIMIT_SECONDS} s")
        return False

    def close(self) -> None:
        # A write that ends later still finds the spool.
        self._away_until = inf
        self._pool.shutdown(wait=False, cancel_futures=True)


def _keep(entry: Entry) -> None:
    try:
        keep([entry])
    except Error:
        # A connection that failed is not tried again, it would fail again.
        connections["default"].close()
        raise
