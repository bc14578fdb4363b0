import pytest

from migration.rehearsal.checker.timing import longest_gap_ms, percentile
from migration.rehearsal.checker.trafficlog import Post


def post(began: float, answered: float | None, *, ok: bool = True) -> Post:
    """Times in seconds."""
    return Post(
        id=f"{began}",
        name="ana",
        comment="x",
        began=began,
        answered=answered,
        status=200 if ok else 503,
        time="1.5" if ok else None,
    )


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (95, 10.0), (90, 9.0), (99, 10.0), (1, 1.0)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], percent) == value


def test_nothing_has_no_percentile_and_no_gap() -> None:
    assert percentile([], 50) is None
    assert longest_gap_ms([]) is None


def test_the_pause_between_two_attempts_is_no_gap() -> None:
    assert longest_gap_ms([post(0, 1), post(100, 102)]) == 2000


def test_a_failed_attempt_does_not_end_the_gap() -> None:
    assert longest_gap_ms([post(0, 1), post(2, 3, ok=False), post(4, 5, ok=False), post(6, 7), post(8, 9)]) == 5000


def test_with_another_attempt_under_way_the_gap_starts_at_the_acknowledgement() -> None:
    assert longest_gap_ms([post(0, 1), post(0.5, 8)]) == 7000


def test_attempts_that_were_never_answered_count_up_to_the_last_thing_that_happened() -> None:
    assert longest_gap_ms([post(0, None), post(3, 4, ok=False)]) == 4000
