"""Counts requests per address and minute: in Redis for all processes, in this process while Redis is away."""

from __future__ import annotations

import threading
import time
from typing import Protocol

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
REDIS_TIMEOUT_SECONDS = 0.05
"""A request waits at most this long for its own count, once to connect and once to answer."""
REDIS_PAUSE_SECONDS = 5.0
"""After a failure nobody waits for Redis again for this long."""
LOCAL_ADDRESSES = 10_000
"""Bounds the memory of the fallback; past it the address seen first in this window is forgotten."""


class Windows(Protocol):
    def count(self, address: str, window: int) -> int:
        """Count one more request of this address in this window; how many that makes."""


class LocalWindows:
    """One process's own counts: with several processes an address gets the limit in each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, address: str, window: int) -> int:
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            if address not in self._counts and len(self._counts) >= LOCAL_ADDRESSES:
                del self._counts[next(iter(self._counts))]
            self._counts[address] = self._counts.get(address, 0) + 1
            return self._counts[address]


class RedisWindows:
    """One key per address and window. Raises `redis.RedisError` when Redis is away."""

    def __init__(self, url: str) -> None:
        # The library would try again with pauses, which costs a client more than a miscount.
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def count(self, address: str, window: int) -> int:
        key = f"chat:rate:{window}:{address}"
        with self._client.pipeline(transaction=True) as pipe:
            pipe.incr(key)
            # Twice the window, so that processes whose clocks differ a little still share a key.
            pipe.expire(key, 2 * WINDOW_SECONDS)
            return int(pipe.execute()[0])


class SharedWindows:
    """Redis while it answers, else the process's own counts; Redis is asked again after a pause."""

    def __init__(self, shared: Windows, local: Windows) -> None:
        self._shared = shared
        self._local = local
        self._away_until = 0.0

    def count(self, address: str, window: int) -> int:
        if time.monotonic() < self._away_until:
            return self._local.count(address, window)
        try:
            return self._shared.count(address, window)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + REDIS_PAUSE_SECONDS
            log.warning("rate_limit_without_redis", error=str(error), seconds=REDIS_PAUSE_SECONDS)
            return self._local.count(address, window)
