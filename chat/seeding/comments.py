"""The ordinary comments of a seed, one after another in the order of time, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from chat.codec.timetext import US_PER_SECOND
from chat.data import Comment
from chat.seeding.population import Rooms, Skewed, room_names, user_names
from chat.seeding.texts import text

SPAN_US: Final = 30 * 24 * 3600 * US_PER_SECOND
_TIE_SIZES: Final = (1, 2, 3, 5)
_TIE_WEIGHTS: Final = (94, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class Seed:
    """All that decides what is made. `until_us` ends the 30 days in which the comments lie.

    `comments` must be at least twice `rooms` (see `Rooms`), and each of the three at least 1.
    """

    number: int
    comments: int
    rooms: int
    users: int
    until_us: int


def generate(seed: Seed) -> Iterator[Comment]:
    """`seed.comments` comments of different keys, in both stores' sense of a key.

    Each draw has a stretch of the 30 days to itself, so no instant comes twice except as a tie: some people
    in one room in the same microsecond.
    """
    rng = Random(seed.number)
    rooms = Rooms(room_names(seed.rooms), comments=seed.comments)
    users = Skewed(user_names(seed.users))
    stretch = SPAN_US // seed.comments
    made = 0
    while made < seed.comments:
        wanted = min(rng.choices(_TIE_SIZES, _TIE_WEIGHTS)[0], seed.users)
        room, size = rooms.place(rng, wanted)
        time_us = seed.until_us - SPAN_US + made * stretch + rng.randrange(stretch)
        for name in users.draw_distinct(rng, size):
            yield Comment(room=room, name=name, time_us=time_us, text=text(rng))
        made += size
