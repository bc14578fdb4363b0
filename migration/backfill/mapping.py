"""Maps a page of items: comments to write, and faults to quarantine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from chat.data import Comment


class Collisions(Protocol):
    def admit(self, comment: Comment) -> None:
        """Pass a comment, or raise MappingFault if an earlier spelling of its instant has its key."""


@dataclass(slots=True)
class Mapped:
    comments: list[Comment] = field(default_factory=list)
    faults: list[tuple[dict[str, Any], MappingFault]] = field(default_factory=list)


def map_page(items: list[dict[str, Any]], collisions: Collisions) -> Mapped:
    """Every item ends in one of the two lists. Feed the pages of a table scan in scan order."""
    now = wall_us()
    mapped = Mapped()
    for item in items:
        try:
            comment = from_item(item, now_us=now)
            collisions.admit(comment)
        except MappingFault as fault:
            mapped.faults.append((item, fault))
        else:
            mapped.comments.append(comment)
    return mapped
