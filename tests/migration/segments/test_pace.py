"""One worker between two pages: it looks at the rows, keeps to limits, and says why it is slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from chat.conf import env
from chat.exceptions import StoreThrottled, StoreUnavailable
from chat.stores.memory import MemoryStore
from migration.enums import RunState
from migration.exceptions import LostLease
from migration.models import Rollout, Run, Segment
from migration.segments import lease as leases
from migration.segments import pace as paces
from migration.segments import steering
from migration.segments.lease import claim
from migration.segments.pace import Backoff, Pace
from migration.segments.slowness import slowness
from tests.migration.bed import redis_url
from tests.serving import free_port

THROTTLED = StoreThrottled("dynamodb", "ProvisionedThroughputExceededException: slow down")


class Target(MemoryStore):
    """A store whose answers take as long as the test says: no engine is slow on demand."""

    delay = 0.0
    error: Exception | None = None

    def ping(self) -> None:
        time.sleep(self.delay)
        if self.error is not None:
            raise self.error


@pytest.fixture
def target(settings: Any) -> Target:
    settings.ENV = env().model_copy(update={"redis_url": redis_url(), "backfill_latency_ms": 40})
    return Target()


@pytest.fixture
def pace(run: Run, segment: Segment, target: Target, monkeypatch: pytest.MonkeyPatch) -> Pace:
    monkeypatch.setattr(paces, "LOOK_SECONDS", 0.02)
    lease = claim(segment.pk)
    assert lease is not None
    return Pace(Segment.objects.get().run, lease, target, deadline=time.monotonic() + 60)


def limit(run: Run, **limits: int | None) -> None:
    steering.set_rate(run.pk, limits=limits, actor="ann", reason="")


def paused(run: Run) -> None:
    steering.pause(run.pk, actor="ann", reason="lunch")


def timed(act: Callable[[], bool]) -> tuple[bool, float]:
    began = time.monotonic()
    return act(), time.monotonic() - began


def reason(run: Run) -> str:
    run.refresh_from_db()
    return run.slow_because


def test_without_limits_a_worker_goes_on_at_once_with_pages_of_any_size(pace: Pace) -> None:
    assert pace.begin()
    went_on, seconds = timed(lambda: pace.after(rows=1_000_000, units=1e6))
    assert went_on
    assert seconds < 0.2
    assert pace.page_items is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"rows_per_second": 100}, "held to 100 rows per second by the operator"),
        ({"read_units_per_second": 50}, "held to 50 read units per second by the operator"),
        ({"rows_per_second": 100, "read_units_per_second": 1000}, "held to 100 rows per second by the operator"),
    ],
)
def test_a_limit_holds_a_worker_and_the_reason_is_stored(
    run: Run, pace: Pace, limits: dict[str, int | None], words: str
) -> None:
    limit(run, **limits)
    assert pace.begin()
    went_on, seconds = timed(lambda: pace.after(rows=30, units=15))
    assert went_on
    assert seconds == pytest.approx(0.3, abs=0.15)
    assert reason(run) == slowness(run) == words


def test_a_slow_rate_makes_small_pages(run: Run, pace: Pace) -> None:
    limit(run, rows_per_second=100)
    pace.begin()
    assert pace.page_items == 50
    limit(run, rows_per_second=1)
    pace.begin()
    assert pace.page_items == 1


def test_a_slow_rate_of_read_units_makes_small_pages_once_the_size_of_a_row_is_known(run: Run, pace: Pace) -> None:
    limit(run, read_units_per_second=100)
    pace.begin()
    assert pace.page_items is None
    assert pace.after(rows=20, units=10)
    assert pace.page_items == 100


def test_a_new_rate_ends_a_wait_by_the_old_one(run: Run, pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page drew an hour at the old rate; the operator raises it while the worker waits."""
    limit(run, rows_per_second=1)
    pace.begin()
    pace.pulse = lambda: limit(run, rows_per_second=1_000_000)
    went_on, seconds = timed(lambda: pace.after(rows=3600, units=0))
    assert went_on
    assert seconds < 1
    assert pace.after(rows=10, units=0)


def test_a_pause_ends_a_wait_and_the_attempt(run: Run, pace: Pace) -> None:
    limit(run, rows_per_second=1)
    pace.begin()
    pace.pulse = lambda: paused(run)
    went_on, seconds = timed(lambda: pace.after(rows=3600, units=0))
    assert not went_on
    assert seconds < 1
    run.refresh_from_db()
    assert slowness(run) == "paused by ann (lunch); go on with `manage.py backfill resume 1`"


def test_a_worker_taken_over_while_it_waits_learns_it(run: Run, pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SHOW_SECONDS", 0.0)
    limit(run, rows_per_second=1)
    pace.begin()
    Segment.objects.update(fence=9)
    with pytest.raises(LostLease):
        pace.after(rows=3600, units=0)


def test_a_frozen_rollout_stops_a_worker_between_pages(run: Run, pace: Pace) -> None:
    assert pace.begin()
    Rollout.objects.update(frozen=True, frozen_by="ann", frozen_reason="audit")
    assert not pace.after(rows=1, units=0)
    run.refresh_from_db()
    assert slowness(run).startswith("the rollout is frozen by ann: audit")


def test_the_time_of_an_attempt_ends_between_pages_also_while_waiting(run: Run, pace: Pace) -> None:
    limit(run, rows_per_second=1)
    pace.begin()
    pace.deadline = time.monotonic() + 0.1
    went_on, seconds = timed(lambda: pace.after(rows=3600, units=0))
    assert not went_on
    assert seconds < 1
    # Whoever goes on with the segment waits for what was drawn.
    pace.deadline = time.monotonic() + 0.1
    assert not pace.begin()


def test_a_store_that_throttles_is_given_longer_and_longer_pauses(
    run: Run, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paces, "FIRST_PAUSE", 0.05)
    pauses = [timed(lambda: pace.throttled(THROTTLED)) for _ in range(3)]
    assert [went_on for went_on, _ in pauses] == [True] * 3
    assert [seconds for _, seconds in pauses] == [pytest.approx(wait, abs=0.05) for wait in (0.05, 0.1, 0.2)]
    assert reason(run) == "throttled: dynamodb: ProvisionedThroughputExceededException: slow down"
    segment = Segment.objects.get()
    assert (segment.state, segment.attempts) == ("leased", 0), "not a fault of the segment"


def test_a_target_that_gets_slow_is_given_pauses_until_it_is_fast_again(
    run: Run, pace: Pace, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paces, "PING_SECONDS", 0.0)
    target.delay = 0.06
    pace.after(rows=1, units=0)
    pace.after(rows=1, units=0)
    assert pace._late.seconds == 2 * paces.FIRST_PAUSE
    assert reason(run).startswith("memory is slow: a small read took 6")
    assert reason(run).endswith(" ms (BACKFILL_LATENCY_MS is 40)")
    target.delay = 0.0
    for _ in range(3):
        pace.after(rows=1, units=0)
    assert pace._late.seconds == 0.0
    assert reason(run) == ""


def test_a_target_that_does_not_answer_is_left_to_the_next_write(pace: Pace, target: Target) -> None:
    target.error = StoreUnavailable("memory", "away")
    assert pace.after(rows=1, units=0)


def test_only_a_worker_that_gave_a_reason_takes_it_back(run: Run, pace: Pace) -> None:
    Run.objects.update(slow_because="another worker's")
    pace.after(rows=1, units=0)
    assert reason(run) == "another worker's"


def test_a_run_that_has_ended_gets_no_reason_any_more(run: Run, pace: Pace) -> None:
    Run.objects.update(state=RunState.CANCELLED)
    assert not pace.throttled(THROTTLED)
    assert reason(run) == ""


def test_without_redis_the_reason_says_that_each_worker_keeps_to_its_share(run: Run, pace: Pace, settings: Any) -> None:
    settings.ENV = env().model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"})
    limit(run, rows_per_second=100)
    assert pace.begin()
    went_on, seconds = timed(lambda: pace.after(rows=20, units=0))
    assert went_on
    assert seconds == pytest.approx(0.2, abs=0.1)
    assert reason(run).endswith("by the operator; Redis is away, so each worker keeps to its share")


def test_pauses_double_to_a_bound_and_halve_to_nothing() -> None:
    backoff = Backoff()
    for _ in range(20):
        backoff.worse()
    assert backoff.seconds == paces.LONGEST_PAUSE
    for _ in range(20):
        backoff.better()
    assert backoff.seconds == 0.0
