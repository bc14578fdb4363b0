"""How long posts took, and the longest time the generator tried in vain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .trafficlog import Post


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Nearest rank: the smallest value that `percent` of all are not above. None without values."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)]


def longest_gap_ms(posts: Iterable[Post]) -> float | None:
    """The longest time without an acknowledgement while a post was being tried; None without posts.

    A pause in which nobody tried is no gap: the wait starts with the first attempt after an acknowledgement,
    or at the acknowledgement if another attempt was under way. A failed attempt does not end it.
    """
    longest: float | None = None
    waiting_since: float | None = None
    under_way = 0
    for at, change, acknowledged in _events(posts):
        under_way += change
        if change > 0 and waiting_since is None:
            waiting_since = at
        if waiting_since is not None:
            longest = max(longest or 0.0, at - waiting_since)
        if acknowledged:
            waiting_since = at if under_way else None
    return None if longest is None else round(longest * 1000, 3)


def _events(posts: Iterable[Post]) -> list[tuple[float, int, bool]]:
    """(Unix seconds, +1 for an attempt or -1 for its outcome, acknowledged), in time order."""
    events = []
    for post in posts:
        events.append((post.began, 1, False))
        if post.answered is not None:
            events.append((post.answered, -1, post.is_acknowledged))
    return sorted(events)
