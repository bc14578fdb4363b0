from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from bench.rounds import LEAST_ROUNDS, Effort, NotMeasured, Round, measure, one_round, over_peer

ENOUGH = Effort(rounds=LEAST_ROUNDS, seconds=60.0)


def logged(log: list[str], side: str, figures: Iterator[float]) -> Callable[[], float]:
    def take() -> float:
        log.append(side)
        return next(figures)

    return take


def ticking(step: float) -> Callable[[], float]:
    """A clock on which each look is `step` seconds after the one before."""
    looks = count(0)
    return lambda: next(looks) * step


def test_a_round_takes_both_sides_in_turn() -> None:
    log: list[str] = []

    found = one_round(logged(log, "A", iter([1.0, 3.0])), logged(log, "B", iter([2.0, 4.0])), calls=1, peer_first=False)

    assert log == ["A", "B", "A", "B"]
    assert found == Round(ours=(1.0, 3.0), peer=(2.0, 4.0))


def test_the_peer_going_first_changes_the_order_and_not_whose_figures_they_are() -> None:
    log: list[str] = []

    found = one_round(logged(log, "A", iter([1.0, 3.0])), logged(log, "B", iter([2.0, 4.0])), calls=1, peer_first=True)

    assert log == ["B", "A", "B", "A"]
    assert found == Round(ours=(1.0, 3.0), peer=(2.0, 4.0))


def test_calls_are_interleaved_and_each_half_is_the_median_of_its_own() -> None:
    log: list[str] = []
    ours = iter([1.0, 10.0, 2.0, 20.0, 900.0, 30.0])
    peer = iter([5.0, 50.0, 6.0, 60.0, 7.0, 70.0])

    found = one_round(logged(log, "A", ours), logged(log, "B", peer), calls=3, peer_first=False)

    assert log == ["A", "B"] * 6
    assert found == Round(ours=(2.0, 20.0), peer=(6.0, 60.0))


def test_without_a_peer_ours_is_taken_twice() -> None:
    assert one_round(iter([1.0, 2.0]).__next__, None, calls=1, peer_first=False) == Round(ours=(1.0, 2.0))


def test_the_warm_up_counts_for_nothing() -> None:
    figures = iter([100.0, 100.0, *[1.0] * (2 * LEAST_ROUNDS)])

    rounds = list(measure(ENOUGH, ours=figures.__next__, peer=None))

    assert rounds == [Round(ours=(1.0, 1.0))] * LEAST_ROUNDS


def test_the_side_that_goes_first_alternates_from_round_to_round() -> None:
    log: list[str] = []

    list(measure(ENOUGH, ours=logged(log, "A", count(1.0)), peer=logged(log, "B", count(1.0))))

    assert [log[start] for start in range(4, len(log), 4)] == ["A", "B", "A", "B", "A"]


def test_time_that_is_up_ends_it_early_but_never_before_the_least_rounds() -> None:
    effort = Effort(rounds=100, seconds=10.0)

    # Looks at 1.5 s, 3 s, ...: the seventh look, at 10.5 s, is past the time.
    assert len(list(measure(effort, ours=count(1.0).__next__, peer=None, clock=ticking(1.5)))) == 6
    # The fifth look, at 17.5 s, is past the time too, but only four rounds are done by then.
    assert len(list(measure(effort, ours=count(1.0).__next__, peer=None, clock=ticking(3.5)))) == LEAST_ROUNDS


def test_least_rounds_that_do_not_fit_into_twice_the_time_are_no_measurement() -> None:
    effort = Effort(rounds=100, seconds=10.0)

    with pytest.raises(NotMeasured, match="3 rounds took 24 s, 5 are needed"):
        list(measure(effort, ours=count(1.0).__next__, peer=None, clock=ticking(6.0)))


def test_fewer_than_the_least_rounds_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="fewer than 5 rounds"):
        Effort(rounds=4, seconds=1.0)


def test_cases_share_the_time_and_not_the_rounds() -> None:
    assert Effort(rounds=20, seconds=180.0).shared_by(4) == Effort(rounds=20, seconds=45.0)


def test_over_the_peer_is_the_difference_in_each_half() -> None:
    assert over_peer(Round(ours=(12.0, 15.0), peer=(2.0, 4.0))) == Round(ours=(10.0, 11.0))


def test_a_round_without_a_peer_is_over_nothing() -> None:
    with pytest.raises(ValueError, match="without a peer"):
        over_peer(Round(ours=(1.0, 1.0)))
