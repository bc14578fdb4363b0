"""Measuring two sides in turn, so that whatever else the machine does falls on both alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from time import monotonic

Take = Callable[[], float]
"""Measures once and returns the figure. What it prepares beforehand and checks afterwards is not in the figure."""

LEAST_ROUNDS = 5


class NotMeasured(Exception):
    """The figures would not be those of the claim. Says what to do."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round A B A B: both figures of each side, in the order they were taken. Without a peer: A A."""

    ours: tuple[float, float]
    peer: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure one case. `seconds` ends it early, but never before `LEAST_ROUNDS`."""

    rounds: int
    seconds: float

    def __post_init__(self) -> None:
        if self.rounds < LEAST_ROUNDS:
            raise ValueError(f"fewer than {LEAST_ROUNDS} rounds say nothing about the noise, {self.rounds} asked for")

    def shared_by(self, cases: int) -> Effort:
        """As many rounds for each of several cases, in a part of the time."""
        return replace(self, seconds=self.seconds / cases)


def measure(
    effort: Effort,
    *,
    ours: Take,
    peer: Take | None,
    calls: int = 1,
    clock: Callable[[], float] = monotonic,
) -> Iterator[Round]:
    """Rounds, after one for the warm-up. Each figure is the median of `calls` takes, interleaved take by take.

    Raises `NotMeasured` when the time is twice over before there are `LEAST_ROUNDS`.
    """
    begin = clock()
    one_round(ours, peer, calls=calls, peer_first=False)
    for number in range(effort.rounds):
        spent = clock() - begin
        if number >= LEAST_ROUNDS and spent > effort.seconds:
            return
        if spent > 2 * effort.seconds:
            raise NotMeasured(f"{number} rounds took {spent:.0f} s, {LEAST_ROUNDS} are needed: free the machine")
        # Whoever goes first in one round goes second in the next: neither always follows the other's pause.
        yield one_round(ours, peer, calls=calls, peer_first=number % 2 == 1)


def one_round(ours: Take, peer: Take | None, *, calls: int, peer_first: bool) -> Round:
    """The two halves of a side are kept apart: their difference is the noise."""
    sides = [("ours", ours)] if peer is None else [("ours", ours), ("peer", peer)]
    if peer_first:
        sides.reverse()
    halves: list[dict[str, list[float]]] = [{side: [] for side, _ in sides} for _ in range(2)]
    for _ in range(calls):
        for half in halves:
            for side, take in sides:
                half[side].append(take())
    first, second = ({side: median(figures) for side, figures in half.items()} for half in halves)
    return Round(
        ours=(first["ours"], second["ours"]),
        peer=None if peer is None else (first["peer"], second["peer"]),
    )


def over_peer(one: Round) -> Round:
    """What ours took more than the peer, as a round without a peer."""
    if one.peer is None:
        raise ValueError("a round without a peer has nothing to be over")
    (first, second), (peer_first, peer_second) = one.ours, one.peer
    return Round(ours=(first - peer_first, second - peer_second))
