"""Redis only shortens the wait: away, it costs nothing but time (protocol F5)."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import pytest
from pytest_django import Settings

from chat.conf import env
from migration.flags import wake as module
from migration.flags.wake import Listener, wake_holders

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def deployment(settings: Settings) -> None:
    """One of this test's own: other processes of the suite share the Redis, and wake theirs."""
    settings.ENV = env().model_copy(update={"keyspace": f"wake_{uuid4().hex[:12]}"})


@pytest.fixture
def heard() -> threading.Semaphore:
    return threading.Semaphore(0)


def test_a_message_reaches_a_listener(heard: threading.Semaphore) -> None:
    listener = Listener(heard.release)
    listener.start()
    # The first call tells that it listens now: what was sent before was not heard.
    assert heard.acquire(timeout=5)
    wake_holders()
    assert heard.acquire(timeout=5)
    listener.stop()


def test_deployments_that_share_a_redis_do_not_wake_each_other(heard: threading.Semaphore, settings: Settings) -> None:
    listener = Listener(heard.release)
    listener.start()
    assert heard.acquire(timeout=5)
    mine = settings.ENV
    settings.ENV = env().model_copy(update={"keyspace": "another_chat"})
    wake_holders()
    assert not heard.acquire(timeout=0.3)
    settings.ENV = mine
    wake_holders()
    assert heard.acquire(timeout=5)
    listener.stop()


def test_with_redis_away_nobody_fails(settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"redis_url": NOWHERE})
    began = time.monotonic()
    wake_holders()
    assert time.monotonic() - began < 2


def test_a_listener_comes_back_when_redis_does(
    heard: threading.Semaphore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    real = settings.ENV
    settings.ENV = env().model_copy(update={"redis_url": NOWHERE})
    listener = Listener(heard.release)
    listener.start()
    assert not heard.acquire(timeout=0.2)
    settings.ENV = real
    assert heard.acquire(timeout=5)
    listener.stop()
