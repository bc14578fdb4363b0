"""Who talks where: names of rooms and users, and how unevenly a real service uses them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Final

ROOM: Final = "chat"
"""The one room that the sample's own paths serve."""
FLOOR: Final = 10
"""One comment in this many, at least, is in ROOM."""

_ROOM_WORDS: Final = ("general", "random", "support", "café", "日本語", "lost+found", "музыка", "build/ci")
_USER_WORDS: Final = ("ada", "Grace", "linus", "Zoë", "李雷", "Олег", "o'brien", "müller", "मीरा", "bot 🤖")
_SKEW: Final = 1.1


def room_names(count: int) -> tuple[str, ...]:
    return (ROOM, *_numbered(_ROOM_WORDS, count - 1))


def user_names(count: int) -> tuple[str, ...]:
    return _numbered(_USER_WORDS, count)


class Skewed:
    """Draws from a sequence, the first far more often than the last, as visits to rooms are spread."""

    def __init__(self, choices: Sequence[str]) -> None:
        self._choices = choices
        self._sums = list(accumulate(1 / rank**_SKEW for rank in range(1, len(choices) + 1)))

    def draw(self, rng: Random) -> str:
        # `hi`: the product may round up to the whole sum.
        return self._choices[bisect(self._sums, rng.random() * self._sums[-1], hi=len(self._sums) - 1)]

    def draw_distinct(self, rng: Random, count: int) -> list[str]:
        """`count` different ones, at most all there are."""
        found: dict[str, None] = {}
        while len(found) < min(count, len(self._choices)):
            found[self.draw(rng)] = None
        return list(found)


class Rooms:
    """Places comments in rooms: ROOM above its floor, the others at least once, the quietest only once."""

    def __init__(self, names: Sequence[str], *, comments: int) -> None:
        """`comments` is at least twice the number of rooms, so that floor and visits both have a place."""
        self._comments = comments
        self._visits = names[1:]
        # A tenth of the rooms is left out of the draw, so these keep the one comment of their visit.
        quiet = max(1, len(names) // 10) if len(names) > 1 else 0
        self._busy = Skewed(names[: len(names) - quiet])
        self._visited = 0
        self._made = 0
        self._in_room = 0

    def place(self, rng: Random, size: int) -> tuple[str, int]:
        """The room for the next comments, and how many of `size` it takes now, at least one."""
        name, most = self._choose(rng)
        taken = min(size, most, self._comments - self._made)
        self._made += taken
        self._in_room += taken if name == ROOM else 0
        return name, taken

    def _choose(self, rng: Random) -> tuple[str, int]:
        spare = FLOOR * self._in_room - self._made
        if spare < 1:
            return ROOM, 1
        if self._until_visit() < 1:
            self._visited += 1
            return self._visits[self._visited - 1], 1
        name = self._busy.draw(rng)
        return name, self._until_visit() if name == ROOM else min(spare, self._until_visit())

    def _until_visit(self) -> int:
        """How many comments may still come before the next room must have its first."""
        if self._visited == len(self._visits):
            return self._comments
        return (self._visited + 1) * self._comments // (len(self._visits) + 1) - self._made


def _numbered(words: Sequence[str], count: int) -> tuple[str, ...]:
    """`count` different names: the words, then the words with a number."""
    rounds = ((words[i % len(words)], i // len(words)) for i in range(count))
    return tuple(f"{word}-{lap}" if lap else word for word, lap in rounds)
