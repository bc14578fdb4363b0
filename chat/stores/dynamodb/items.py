"""Items of the table as comments, without those that the codec cannot map."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from chat.data import Comment
from chat.stores.skipped import Skipped


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Some items have no place in a comment (a time that is no number names no instant), so no read can give them."""

    skipped: Skipped

    def comments(self, items: Iterable[Mapping[str, Any]]) -> Iterator[Comment]:
        return (comment for comment in map(self.comment, items) if comment is not None)

    def comment(self, item: Mapping[str, Any]) -> Comment | None:
        """None for an item that cannot be mapped."""
        try:
            return from_item(item, now_us=time.time_ns() // 1000)
        except MappingFault as fault:
            self.skipped.note((repr(item.get("name")), repr(item.get("time"))), fault)
            return None
