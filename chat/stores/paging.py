"""What the pages of every store have in common: ties, positions, and how a page ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from chat.codec.faults import MappingFault
from chat.codec.timetext import parse
from chat.data import Comment, Page, Position
from chat.exceptions import StoreRefused

Tie = Callable[[Comment], str]
"""What orders the comments of one instant, ascending. It is the `name` of a position in that walk."""


def by_name(comment: Comment) -> str:
    """In a room."""
    return comment.name


def by_room(comment: Comment) -> str:
    """In one user's timeline, where the name is the same throughout."""
    return comment.room


def page_of(comments: Iterable[Comment], limit: int, *, tie: Tie = by_name) -> Page:
    """The first `limit` comments. One more is looked at, so that `next` is None exactly when nothing follows."""
    items = tuple(islice(comments, limit + 1))
    if len(items) <= limit:
        return Page(items=items, next=None)
    last = items[limit - 1]
    return Page(items=items[:limit], next=Position(time=last.time, name=tie(last)))


def instant_of(position: Position, *, store: str) -> int:
    """The position's instant in microseconds. Raises `StoreRefused` for one that no page of ours ever gave."""
    try:
        return parse(position.time)
    except MappingFault as error:
        raise StoreRefused(store, f"not the position of a comment: {error}") from error
