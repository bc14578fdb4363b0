"""Counts per address and minute, shared through Redis, kept locally while Redis is away."""

from __future__ import annotations

import secrets
import time

import pytest
import redis
from structlog.testing import capture_logs

from chat import conf
from chat.api import windows
from chat.api.windows import LOCAL_ADDRESSES, LocalWindows, RedisWindows, SharedWindows

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def address() -> str:
    """Unique, so that no other run's count is met in the shared Redis."""
    return f"test-{secrets.token_hex(8)}"


def test_two_processes_count_together_in_redis(address: str) -> None:
    one, other = RedisWindows(conf.env().redis_url), RedisWindows(conf.env().redis_url)
    assert [one.count(address, 5), other.count(address, 5), one.count(address, 5)] == [1, 2, 3]
    assert other.count(address, 6) == 1


def test_counts_in_redis_go_away_by_themselves(address: str) -> None:
    RedisWindows(conf.env().redis_url).count(address, 5)
    client = redis.Redis.from_url(conf.env().redis_url)
    assert 60 < int(client.ttl(f"chat:rate:5:{address}")) <= 120


def test_local_counts_start_anew_in_each_window() -> None:
    local = LocalWindows()
    assert [local.count("a", 1), local.count("a", 1), local.count("b", 1), local.count("a", 2)] == [
        1,
        2,
        1,
        1,
    ]


def test_local_counts_are_bounded_in_memory() -> None:
    local = LocalWindows()
    for number in range(LOCAL_ADDRESSES + 5):
        local.count(str(number), 1)
    assert len(local._counts) == LOCAL_ADDRESSES
    assert local.count(str(LOCAL_ADDRESSES), 1) == 2


def test_without_redis_the_process_counts_for_itself_and_does_not_wait_again(address: str) -> None:
    shared = SharedWindows(RedisWindows(NOWHERE), LocalWindows())
    with capture_logs() as logged:
        assert [shared.count(address, 1) for _ in range(4)] == [1, 2, 3, 4]
    assert [line["event"] for line in logged] == ["rate_limit_without_redis"]


def test_redis_is_asked_again_after_the_pause(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The pause is the mechanism under test; waiting its real length would prove no more.
    monkeypatch.setattr(windows, "REDIS_PAUSE_SECONDS", 0.01)
    local = LocalWindows()
    shared = SharedWindows(RedisWindows(NOWHERE), local)
    shared.count(address, 1)
    shared._shared = RedisWindows(conf.env().redis_url)
    time.sleep(0.02)
    assert shared.count(address, 1) == 1
    assert local.count(address, 1) == 2
