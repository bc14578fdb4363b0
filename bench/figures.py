"""What the rounds of one case come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from bench.rounds import Round

DIGITS = 6
"""Decimals of a written figure: of milliseconds that is a nanosecond."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`ratio` is ours / peer, None without a peer.

    `spread` is (max - min) / median of the ratios of single rounds; without a peer, of ours in single rounds.
    `aa_ratio` is the first half of ours / its second half, as the median over the rounds: 1 but for the noise.
    """

    ours: float
    peer: float | None
    ratio: float | None
    spread: float
    aa_ratio: float


def figures_of(rounds: Sequence[Round]) -> Figures:
    """Raises ValueError without rounds, or when some have a peer and some have not."""
    ours = round(median(mean(one.ours) for one in rounds), DIGITS)
    peers = [mean(one.peer) for one in rounds if one.peer is not None]
    if peers and len(peers) != len(rounds):
        raise ValueError(f"{len(peers)} of {len(rounds)} rounds have a peer")
    peer = round(median(peers), DIGITS) if peers else None
    return Figures(
        ours=ours,
        peer=peer,
        ratio=None if peer is None else ours / peer,
        spread=_spread([_place(one) for one in rounds]),
        aa_ratio=median(one.ours[0] / one.ours[1] for one in rounds),
    )


def _place(one: Round) -> float:
    """Where a round lies: what the spread is the spread of."""
    return mean(one.ours) if one.peer is None else mean(one.ours) / mean(one.peer)


def _spread(values: Sequence[float]) -> float:
    return (max(values) - min(values)) / median(values)
