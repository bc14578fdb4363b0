"""Walks two rooms side by side in constant memory and yields what does not agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chat.codec.timetext import MIN_TEN_DIGIT_US, is_canonical
from chat.data import Comment

Key = tuple[str, str]
"""(time text, name) of a comment within its room."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same key on both sides; one of them may be missing."""

    source: Comment | None
    target: Comment | None

    @property
    def equal(self) -> bool:
        return self.source == self.target

    @property
    def known(self) -> Comment:
        """Either side: both name the same key."""
        found = self.source or self.target
        if found is None:
            raise AssertionError("a pair has at least one side")
        return found


@dataclass(slots=True)
class Side:
    """What one store holds of a room: what was merged in order, and the few rows that keep no common order.

    A time that is not canonical sorts as text in DynamoDB and as a number in CQL (protocol C4), so such rows are put
    aside and compared by key at the end. Memory grows with their number alone; the census counts them.
    """

    stream: Iterator[Comment]
    horizon_us: int
    aside: dict[Key, Comment] = field(default_factory=dict)

    def next(self) -> Comment | None:
        for comment in self.stream:
            if comment.time_us > self.horizon_us:
                continue
            if _keeps_order(comment):
                return comment
            self.aside[comment.time, comment.name] = comment
        return None


def _keeps_order(comment: Comment) -> bool:
    """Ten digits, a dot, and spelled canonically: told from the number where possible, to spell it out for no row."""
    return comment.time_us >= MIN_TEN_DIGIT_US and (comment.time_raw is None or is_canonical(comment.time_raw))


def pairs(source: Side, target: Side) -> Iterator[Pair]:
    """Every key of either side once: first in order, then the rows that were put aside."""
    yield from _merged(source, target)
    for key in {**source.aside, **target.aside}:
        yield Pair(source.aside.get(key), target.aside.get(key))


def _merged(source: Side, target: Side) -> Iterator[Pair]:
    left, right = source.next(), target.next()
    while left is not None or right is not None:
        if right is None or (left is not None and _rank(left) < _rank(right)):
            yield Pair(left, None)
            left = source.next()
        elif left is None or _rank(right) < _rank(left):
            yield Pair(None, right)
            right = target.next()
        else:
            yield Pair(left, right)
            left, right = source.next(), target.next()


def _rank(comment: Comment) -> tuple[int, str]:
    """Newest first, ties by name: the order both stores promise."""
    return -comment.time_us, comment.name
