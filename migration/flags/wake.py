"""Wakes holders when the flags change. Redis only shortens the wait: each holder also polls (protocol F5)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import redis
import structlog

from chat.conf import env
from migration.conf import redis_channel

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0


def wake_holders() -> None:
    """Call after the commit. A Redis that is away costs a poll's length, never correctness."""
    client = redis.Redis.from_url(env().redis_url, socket_timeout=0.2, socket_connect_timeout=0.2)
    try:
        client.publish(redis_channel(), "changed")
    except redis.RedisError as error:
        log.info("redis_away", doing="wake holders", error=str(error))
    finally:
        client.close()


class Listener(threading.Thread):
    """Calls `on_message` at each message, until `stop`; connects again after failures."""

    def __init__(self, on_message: Callable[[], None]) -> None:
        super().__init__(name="flags-listener", daemon=True)
        self._on_message = on_message
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                log.info("redis_away", doing="listen for flag changes", error=str(error))
                self._stopped.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        client = redis.Redis.from_url(env().redis_url, socket_connect_timeout=1.0)
        with client, client.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(redis_channel())
            # A change between the last connection and this one was not heard.
            self._on_message()
            while not self._stopped.is_set():
                if subscription.get_message(timeout=1.0):
                    self._on_message()
