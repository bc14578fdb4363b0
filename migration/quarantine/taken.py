"""Whether a place in the target is free for a fixed item: a fix never covers another comment."""

from __future__ import annotations

from chat.data import Comment
from chat.stores.base import Store
from migration.exceptions import Refused


def refuse_taken(comment: Comment, *, source: Store | None, target: Store, earlier: Comment | None) -> None:
    """Raises `Refused` where the target has, or a backfill would write, another comment under that key.

    `earlier` is what a former fix of the same item wrote. `source` is None where it takes no writes any more.
    """
    there = target.get(comment.room, comment.name, comment.time)
    if there is not None and there != earlier:
        raise Refused([_words(there, target)])
    if source is None:
        return
    for found in source.get_many(_spellings(comment)):
        if found is not None:
            raise Refused([_words(found, source)])


def _words(found: Comment, store: Store) -> str:
    return (
        f"{store.id} has a comment of its own by {found.name!r} at {found.time} in {found.room!r}: "
        "set another time, or accept as-in-source if that is the item, mended"
    )


def _spellings(comment: Comment) -> list[Comment]:
    """All mappable texts of its instant: each may be an item of its own in DynamoDB, but one row in CQL."""
    seconds, micros = divmod(comment.time_us, 1_000_000)
    digits = f"{micros:06d}"
    texts = [f"{seconds}.{digits[:count]}" for count in range(1, 7) if not digits[count:].strip("0")]
    texts += [] if micros else [str(seconds)]
    return [Comment(comment.room, comment.name, comment.time_us, "", text) for text in texts]
