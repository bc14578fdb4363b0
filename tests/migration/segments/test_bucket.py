"""One limit over all workers: in a real Redis, and without it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis

from migration.segments import bucket as buckets
from migration.segments.bucket import Bucket, client_of
from tests.migration.bed import redis_url
from tests.serving import free_port


@pytest.fixture
def key() -> Iterator[str]:
    name = f"test:bucket:{uuid4().hex}"
    yield name
    client_of(redis_url()).delete(name)


def shared(key: str, rate: float) -> Bucket:
    return Bucket(client_of(redis_url()), key, rate, lambda: 1)


def away(rate: float, workers: int) -> Bucket:
    return Bucket(client_of(f"redis://127.0.0.1:{free_port()}/0"), "key", rate, lambda: workers)


def test_draws_of_all_workers_add_up(key: str) -> None:
    first, second = shared(key, 100), shared(key, 100)
    waits = [first.draw(50).seconds, second.draw(50).seconds, first.draw(0).seconds]
    assert waits == [pytest.approx(0.5, abs=0.2), pytest.approx(1.0, abs=0.2), pytest.approx(1.0, abs=0.2)]


def test_time_that_nobody_used_is_gone(key: str) -> None:
    one = shared(key, 1000)
    one.draw(1)
    time.sleep(0.2)
    assert one.draw(500).seconds == pytest.approx(0.5, abs=0.02)


def test_workers_that_keep_to_their_waits_stay_within_the_rate(key: str) -> None:
    """Four at once, each in pages of 20 at 200 a second: 12 pages take 1.2 s in all, not 0.3."""

    def work(number: int) -> None:
        mine = shared(key, 200)
        for _ in range(3):
            time.sleep(mine.draw(20).seconds)

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert time.monotonic() - began >= 1.15


def test_a_bucket_that_nobody_draws_from_is_forgotten_after_its_wait(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "KEEP_MS", 50)
    shared(key, 10).draw(1)
    client: redis.Redis = client_of(redis_url())
    assert client.exists(key) == 1
    time.sleep(0.3)
    assert client.exists(key) == 0


def test_without_redis_a_worker_keeps_to_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four workers are at the run: a quarter of 100 a second is 25."""
    alone = away(100, workers=4)
    first = alone.draw(50)
    assert first.alone
    assert first.seconds == pytest.approx(2.0, abs=0.1)
    assert alone.draw(25).seconds == pytest.approx(3.0, abs=0.2)


def test_redis_that_is_away_is_not_asked_at_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    alone = away(1000, workers=1)

    def refused(*args: object) -> None:
        asked.append(args)
        raise redis.ConnectionError("away")

    monkeypatch.setattr(alone.client, "eval", refused)
    for _ in range(5):
        alone.draw(1)
    assert len(asked) == 1
    alone._away_until = 0.0
    alone.draw(1)
    assert len(asked) == 2
