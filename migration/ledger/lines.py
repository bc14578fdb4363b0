"""How a debt is written outside the control database: JSON with a checksum, so that a torn write is known as one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import orjson

from chat.data import Comment
from migration.enums import DebtState


class Damaged(ValueError):
    """These bytes are not a whole entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A debt on its way to the ledger. `owed` is blank for an unsettled write that had no mirror."""

    comment: Comment
    holder: str
    owed: str
    state: DebtState
    cause: str
    # Until then its request may still be under way, and nobody tries it.
    due_after_seconds: float = 0.0


def encode(entry: Entry) -> bytes:
    """One line without its end: eight hexadecimal digits of CRC-32, a blank, JSON."""
    body = orjson.dumps(asdict(entry))
    return b"%08x %b" % (crc32(body), body)


def decode(line: bytes) -> Entry:
    """Raises `Damaged`."""
    checksum, _, body = line.partition(b" ")
    if checksum != b"%08x" % crc32(body):
        raise Damaged(f"checksum does not match: {line[:80]!r}")
    try:
        fields: dict[str, Any] = orjson.loads(body)
        comment = Comment(**fields.pop("comment"))
        return Entry(comment=comment, state=DebtState(fields.pop("state")), **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"not an entry ({error}): {line[:80]!r}") from error
