"""Digests that compare two stores without shipping comments, and the day a comment belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from chat.data import Comment

_DIGEST_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _DIGEST_BYTES)
_US_PER_DAY: Final = 86_400_000_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def comment_digest(comment: Comment) -> int:
    """128 bits of blake2b over all that a client sees of a comment: room, name, time text, comment.

    Lengths go before the fields, so that no two comments run together into the same bytes.
    """
    room, name, time = comment.room, comment.name, comment.time
    encoded = f"{len(room)}:{len(name)}:{len(time)}:{room}{name}{time}{comment.text}".encode()
    return int.from_bytes(blake2b(encoded, digest_size=_DIGEST_BYTES).digest(), "big")


@dataclass(slots=True)
class RoomDigest:
    """Count and digest of a set of comments, fed in any order and in parts that are merged later.

    The digests are added modulo 2**128. Xor would be as cheap, but with it a comment present twice cancels
    itself out. It guards against faults, not against somebody who crafts comments until two sums agree.
    """

    count: int = 0
    total: int = 0

    def add(self, comment: Comment) -> None:
        self.count += 1
        self.total = (self.total + comment_digest(comment)) % _MODULUS

    def merge(self, other: RoomDigest) -> None:
        """Count in everything the other one was fed; the two must have been fed different comments."""
        self.count += other.count
        self.total = (self.total + other.total) % _MODULUS

    def hex(self) -> str:
        """32 hexadecimal digits; all zeros for no comment."""
        return f"{self.total:032x}"


def day_of(time_us: int) -> str:
    """The UTC date of an instant, ISO 8601."""
    return _iso_date(time_us // _US_PER_DAY)


# A walk over a room meets the same day many thousand times in a row.
@lru_cache(maxsize=64)
def _iso_date(days: int) -> str:
    return date.fromordinal(_EPOCH_DAY + days).isoformat()
