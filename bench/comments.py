"""The comments that claims write."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

from chat.clock import wall_us
from chat.data import Comment
from chat.seeding.comments import Seed, generate
from chat.seeding.texts import text

SEED = 1
HOUR_US = 3_600_000_000


def fresh(*, room: str, name: str) -> Iterator[Comment]:
    """Comments of the last hour without end, each a microsecond after the one before: no key comes twice."""
    texts = Random(SEED)
    start = wall_us() - HOUR_US
    return (Comment(room=room, name=name, time_us=start + number, text=text(texts)) for number in count())


def table(*, comments: int, rooms: int) -> list[Comment]:
    """What a table of a chat holds: rooms and users of very different sizes, ties, texts of several languages."""
    seed = Seed(
        number=SEED, comments=comments, rooms=rooms, users=max(2, comments // 100), until_us=wall_us() - HOUR_US
    )
    return list(generate(seed))
