"""What one segment has seen so far: of fixed size, however large the table, and saved with the cursor of each page.

Users are counted without remembering them: a scan meets all items of a hash key one after the other, in one segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.timetext import is_order_divergent
from chat.data import Comment
from migration.quarantine.items import printable

SAMPLES: Final = 5
"""Keys shown for each reason."""
LARGEST: Final = 10
ATTRIBUTES: Final = 100
"""Names of unknown attributes kept; a table that makes up a name for each item must not fill the memory."""
OTHERS: Final = "(others)"
KNOWN: Final = frozenset({"name", "time", "chat_room", "comment"})


@dataclass(slots=True)
class Tally:
    """Texts in it are as the source spells them, but for samples and names of attributes, which can be printed."""

    items: int = 0
    bytes: int = 0
    units: float = 0.0
    mappable: int = 0
    non_canonical: int = 0
    order_divergent: int = 0
    # Instants asked for in the index to find ties, and those that were not: see `ties`.
    asked: int = 0
    unasked: int = 0
    oldest_us: int | None = None
    newest_us: int | None = None
    largest_bytes: int = 0
    largest_key: list[str] = field(default_factory=list)
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    users: int = 0
    # The user the scan is in the middle of, and the largest of those behind it: [items, bytes, name].
    user: list[Any] = field(default_factory=list)
    largest_users: list[list[Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, item: Mapping[str, Any], size: int) -> None:
        """Of any item, mappable or not."""
        self.items += 1
        self.bytes += size
        name, time = (str(item[key].get("S", item[key])) for key in ("name", "time"))
        if size > self.largest_bytes:
            self.largest_bytes, self.largest_key = size, [printable(name), printable(time)]
        self._count_user(name, size)
        if len(item) > len(KNOWN) or not item.keys() <= KNOWN:
            self._count_attributes(item)

    def add_mapped(self, comment: Comment, time: str) -> None:
        """`time` is the source's own spelling."""
        self.mappable += 1
        self.order_divergent += is_order_divergent(time)
        self.non_canonical += comment.time_raw is not None
        at = comment.time_us
        self.oldest_us = at if self.oldest_us is None else min(self.oldest_us, at)
        self.newest_us = at if self.newest_us is None else max(self.newest_us, at)

    def add_fault(self, item: Mapping[str, Any], fault: MappingFault) -> None:
        found = self.faults.setdefault(fault.code.value, {"items": 0, "samples": []})
        found["items"] += 1
        if len(found["samples"]) < SAMPLES:
            name, time = (printable(str(item[key].get("S", item[key]))) for key in ("name", "time"))
            found["samples"].append({"name": name, "time": time, "detail": printable(fault.message)})

    def users_by_size(self) -> list[list[Any]]:
        """The largest, the one the scan is in included."""
        return _largest([*self.largest_users, self.user] if self.user else self.largest_users)

    @property
    def collisions(self) -> int:
        return int(self.faults.get(FaultCode.KEY_COLLISION.value, {"items": 0})["items"])

    def _count_user(self, name: str, size: int) -> None:
        if not self.user or self.user[2] != name:
            self.largest_users = self.users_by_size()
            self.user = [0, 0, name]
            self.users += 1
        self.user[0] += 1
        self.user[1] += size

    def _count_attributes(self, item: Mapping[str, Any]) -> None:
        for name in map(printable, item.keys() - KNOWN):
            known = name in self.attributes or len(self.attributes) < ATTRIBUTES
            shown = name if known else OTHERS
            self.attributes[shown] = self.attributes.get(shown, 0) + 1


def _largest(users: list[list[Any]]) -> list[list[Any]]:
    return sorted(users, key=lambda user: (-user[0], user[2]))[:LARGEST]
