"""Compares one room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat.codec.digest import RoomDigest
from chat.stores.base import Store
from migration.merging import Pair, Side, pairs
from migration.parity.confirming import QUARANTINED, kind_of, look_again

SUSPECTS_AT_ONCE = 500
"""Confirmed together, so that the grace period is waited once for many."""
MOST_KEPT = 1000
"""Differences of one room kept by key; all are counted."""
LOOK_EACH = 100
"""Pairs between two signs of life: even from a store that gives a few rows a second."""


@dataclass(slots=True)
class RoomResult:
    """Counts and digests of each side. What is in quarantine is left out: the target is not expected to have it."""

    source: RoomDigest = field(default_factory=RoomDigest)
    target: RoomDigest = field(default_factory=RoomDigest)
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[str, Pair]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "compared": max(self.source.count, self.target.count),
            **{kind: self.kinds[kind] for kind in ("missing", "extra", "different", QUARANTINED)},
            "count_source": self.source.count,
            "count_target": self.target.count,
            "digest_source": self.source.hex(),
            "digest_target": self.target.hex(),
        }


def compare(
    room: str, source: Store, target: Store, *, horizon_us: int, alive: Callable[[], None] = lambda: None
) -> RoomResult:
    """Both ways, comments up to `horizon_us`. `alive` is called again and again, to keep a lease."""
    agreed, result, suspects = RoomDigest(), RoomResult(), list[Pair]()
    left = Side(source.stream_room(room), horizon_us)
    right = Side(target.stream_room(room), horizon_us)
    for number, pair in enumerate(pairs(left, right)):
        if pair.equal:
            agreed.add(pair.known)
        else:
            suspects.append(pair)
        if len(suspects) == SUSPECTS_AT_ONCE:
            _judge(result, suspects, source, target, alive)
            suspects = []
        if number % LOOK_EACH == 0:
            alive()
    _judge(result, suspects, source, target, alive)
    result.source.merge(agreed)
    result.target.merge(agreed)
    return result


def _judge(result: RoomResult, suspects: list[Pair], source: Store, target: Store, alive: Callable[[], None]) -> None:
    if not suspects:
        return
    for pair in look_again(suspects, source, target):
        alive()
        if pair is not None:
            _count(result, pair)


def _count(result: RoomResult, pair: Pair) -> None:
    kind = "" if pair.equal else kind_of(pair)
    if kind:
        result.kinds[kind] += 1
    if kind == QUARANTINED:
        return
    if pair.source:
        result.source.add(pair.source)
    if pair.target:
        result.target.add(pair.target)
    if kind and len(result.differences) < MOST_KEPT:
        result.differences.append((kind, pair))
