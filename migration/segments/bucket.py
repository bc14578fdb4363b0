"""A token bucket over all workers of a run: in Redis while it answers, else each worker's own share of the limit.

It holds no store of unused tokens: time that nobody used is gone, so a run never bursts above its limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_SECONDS = 0.5
REDIS_PAUSE_SECONDS = 5.0
"""After a failure Redis is not asked again for this long: a page must not wait for it each time."""
KEEP_MS = 60_000
"""A bucket that nobody drew from for this long past its last wait is forgotten: it would be full anyway."""

_DRAW = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1] / ARGV[2]
redis.call('SET', KEYS[1], string.format('%.6f', due), 'PX', math.ceil((due - now) * 1000) + tonumber(ARGV[3]))
return string.format('%.6f', due - now)
"""
"""One step for all workers: how long until everything drawn so far, this included, is within the rate."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds until the caller may go on. `alone`: Redis was away, so it is by this worker's own share."""

    seconds: float
    alone: bool = False


@dataclass(slots=True)
class Bucket:
    """`key` names run, kind and rate, so that a new rate begins without the debts of the old one.

    `workers` tells among how many the limit is divided while Redis is away. That is conservative: a worker that cannot
    see the others' draws takes no more than its share even if they take nothing. Who draws asks anew each time, so a
    worker that joins makes the sum too large by at most one page of each.
    """

    client: redis.Redis
    key: str
    rate: float
    workers: Callable[[], int]
    _due: float = 0.0
    _away_until: float = field(default=0.0)

    def draw(self, cost: float) -> Wait:
        """After the work: `cost` was used. 0 tells what is still to be waited for."""
        if time.monotonic() < self._away_until:
            return self._draw_alone(cost)
        try:
            answer = self.client.eval(_DRAW, 1, self.key, str(cost), str(self.rate), str(KEEP_MS))
        except redis.RedisError as error:
            self._away_until = time.monotonic() + REDIS_PAUSE_SECONDS
            log.warning("limit_without_redis", key=self.key, error=str(error), seconds=REDIS_PAUSE_SECONDS)
            return self._draw_alone(cost)
        return Wait(float(answer))

    def _draw_alone(self, cost: float) -> Wait:
        now = time.monotonic()
        self._due = max(self._due, now) + cost * max(1, self.workers()) / self.rate
        return Wait(self._due - now, alone=True)


@cache
def client_of(url: str) -> redis.Redis:
    """Tries once: the library's own repeats take longer than a page."""
    return redis.Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
