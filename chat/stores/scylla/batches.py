"""Groups comments into batches of one partition, bounded in bytes and rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from chat.data import Comment

MAX_ROWS: Final = 500
"""A batch is one message and one mutation: very many tiny rows would hold a node's thread too long."""
_ROW_BYTES: Final = 64
"""What a row adds to a batch beyond its texts: statement id, lengths, time_us, timestamp."""


def one_partition_batches(comments: Iterable[Comment], *, max_bytes: int) -> Iterator[list[Comment]]:
    """Lists of comments of one room each, of at most `max_bytes` unless one comment alone is larger."""
    rooms: dict[str, list[Comment]] = defaultdict(list)
    for comment in comments:
        rooms[comment.room].append(comment)
    for room in rooms.values():
        yield from _cut(room, max_bytes)


def _cut(comments: list[Comment], max_bytes: int) -> Iterator[list[Comment]]:
    batch: list[Comment] = []
    size = 0
    for comment in comments:
        row = size_of(comment)
        if batch and (size + row > max_bytes or len(batch) == MAX_ROWS):
            yield batch
            batch, size = [], 0
        batch.append(comment)
        size += row
    if batch:
        yield batch


def size_of(comment: Comment) -> int:
    """Bytes of the comment in a batch, near enough to bound it."""
    texts = (comment.room, comment.name, comment.text, comment.time_raw or "")
    # A lone surrogate is counted here and refused later, where the error can say so.
    return _ROW_BYTES + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
