"""What the service counts. Names are constants, each with its meaning; docs/metrics.md has a heading for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram

from chat.exceptions import OutcomeUnknown, StoreError, StoreRefused, StoreUnavailable

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; the same edges for every store, so that their quantiles can be compared."""

STORE_SECONDS = Histogram(
    "chat_store_seconds",
    "Time of one call to a store, by what the store was for and how it ended",
    ["store", "role", "operation", "outcome"],
    buckets=BUCKETS,
)
MIRROR_SKIPPED = Counter(
    "chat_mirror_skipped", "Mirror writes that became a debt at once, because the mirror's breaker was open", ["store"]
)
MIRRORED_IN_PLACE = Counter(
    "chat_mirrored_in_place", "Mirror writes of the async mode that a client waited for, because too many were waiting"
)
DEBTS = Counter("chat_debts", "Debts recorded by this process, by the store owed and the cause", ["store", "cause"])
FALLBACKS = Counter(
    "chat_read_fallbacks", "Reads answered by the other store, because the first one failed or was late", ["endpoint"]
)
STALE_READS = Counter(
    "chat_stale_reads", "Reads of a room from a store that is owed a comment of it, for want of another", ["endpoint"]
)

BREAKER_OPEN = "chat_breaker_open"
"""Gauge by store, of the process that answers the scrape: 1 while it is spared because it failed a moment ago."""

SCRAPED = CollectorRegistry()
"""What is looked up when somebody scrapes, and so is the same whichever process counts: gauges of the control plane
register here, as this package does not know of them."""

OUTCOMES = {StoreUnavailable: "unavailable", StoreRefused: "refused", OutcomeUnknown: "unknown"}


@contextmanager
def timed(store: str, role: str, operation: str) -> Iterator[None]:
    """Observes how long the block took and how it ended."""
    began = perf_counter()
    outcome = "ok"
    try:
        yield
    except StoreError as error:
        outcome = OUTCOMES.get(type(error), "failed")
        raise
    except BaseException:
        outcome = "broken"
        raise
    finally:
        STORE_SECONDS.labels(store, role, operation, outcome).observe(perf_counter() - began)
