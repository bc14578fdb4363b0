"""Values of the chat service that cross layers: comments, pages, positions, names of endpoints and stores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chat.codec.timetext import canonical


class Endpoint(StrEnum):
    """One API operation with flags of its own (design section 2)."""

    POST_COMMENT = "post_comment"
    LATEST_COMMENTS = "latest_comments"
    COMMENTS_SINCE = "comments_since"
    ALL_COMMENTS = "all_comments"
    USER_TIMELINE = "user_timeline"

    @property
    def writes(self) -> bool:
        return self is Endpoint.POST_COMMENT


class StoreId(StrEnum):
    """One place that keeps comments. A rollout names two of these as its source and its target."""

    DYNAMODB = "dynamodb"
    SCYLLA_ROOM = "scylla-room"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Comment:
    """One chat message, immutable once accepted.

    `time_us` is microseconds since the epoch; `time_raw` is the source's own spelling where it is not the canonical
    one, so that both stores answer byte for byte the same (design section 4).
    """

    room: str
    name: str
    time_us: int
    text: str
    time_raw: str | None = None

    @property
    def time(self) -> str:
        """The time as the API and DynamoDB spell it: seconds, a dot, up to six digits."""
        return canonical(self.time_us) if self.time_raw is None else self.time_raw


@dataclass(frozen=True, slots=True)
class Position:
    """The last item of a page: its time text and its name. It means the same on every store (protocol P2)."""

    time: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """Comments in the order of the API (newest first, ties by name), and where the next page starts after."""

    items: tuple[Comment, ...]
    next: Position | None


def position_of(comment: Comment) -> Position:
    return Position(time=comment.time, name=comment.name)
