"""Gauges of the ledger, looked up when somebody scrapes `/metrics`; docs/metrics.md has a heading for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import structlog
from django.db import Error
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chat.metrics import SCRAPED
from migration.ledger.accounts import sweep_figures
from migration.ledger.closing import unpaid
from migration.ledger.files import opened_files

READABLE = "chat_ledger_readable"
ENTRIES = "chat_ledger_entries"
OLDEST = "chat_ledger_oldest_seconds"
SWEEP_AGE = "chat_sweep_clean_age_seconds"
SPOOL_BYTES = "chat_spool_bytes"
INFLIGHT_SLOTS = "chat_inflight_slots"
NAMES = (READABLE, ENTRIES, OLDEST, SWEEP_AGE, SPOOL_BYTES, INFLIGHT_SLOTS)

log = structlog.get_logger(__name__)


class LedgerGauges(Collector):
    def describe(self) -> list[GaugeMetricFamily]:
        """Without a look at the database, which may not be there yet when this is registered."""
        return [GaugeMetricFamily(name, name) for name in NAMES]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _of_files()
        try:
            found = [*_of_entries(), *_of_sweep()]
        except Error as error:
            # The monitoring system must hear of everything else all the more now.
            log.warning("ledger_away", doing="answer a scrape", error=str(error))
            found = []
        yield GaugeMetricFamily(READABLE, "Whether the control database answers", value=float(bool(found)))
        yield from found


def _of_entries() -> Iterator[GaugeMetricFamily]:
    entries = GaugeMetricFamily(ENTRIES, "Unpaid entries, by the store owed and state", labels=["owed", "state"])
    for row in unpaid().values("owed", "state").annotate(entries=Count("pk")).order_by("owed", "state"):
        entries.add_metric([row["owed"], row["state"]], row["entries"])
    yield entries
    oldest = unpaid().aggregate(oldest=Min("created_at"))["oldest"]
    age = max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0
    yield GaugeMetricFamily(OLDEST, "Age of the oldest unpaid entry", value=age)


def _of_sweep() -> Iterator[GaugeMetricFamily]:
    figures = sweep_figures()
    if figures is not None and figures.clean_age_seconds is not None:
        yield GaugeMetricFamily(SWEEP_AGE, "Since the start of the last clean sweep", value=figures.clean_age_seconds)


def _of_files() -> Iterator[GaugeMetricFamily]:
    files = opened_files()
    # A process that never wrote has none, and so nothing in them.
    spooled, taken = (files.spool.waiting_bytes, files.inflight.taken) if files else (0, 0)
    yield GaugeMetricFamily(SPOOL_BYTES, "Bytes in this process's spool that wait for the ledger", value=spooled)
    yield GaugeMetricFamily(INFLIGHT_SLOTS, "Writes this process is in the middle of", value=taken)


_lock = threading.Lock()
_registered = False


def register_gauges() -> None:
    """Once a process, however often it is called."""
    global _registered
    with _lock:
        if not _registered:
            SCRAPED.register(LedgerGauges())
            _registered = True
