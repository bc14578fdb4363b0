"""What readers ask: the sample page's poll, the overlapping poll of protocol P1, the newest page, all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote

from .instants import MICROSECONDS, is_issued, microseconds_of, now_text, text_of
from .listing import ListingInvalid, Shown

PAGE = 20
OVERLAP_SECONDS = 10  # protocol P1: above both deadlines, the allowed clock skew and the lag of the index


class Question(Protocol):
    """One repeated request. `kind` is its name in the log."""

    kind: str

    def path(self) -> str: ...

    def take(self, listing: Sequence[Shown]) -> list[Shown]:
        """Note what was shown; returns what was not shown before (empty where that is not followed)."""
        ...


class Poll:
    """Asks for what is newer than the greatest time seen, less `overlap` seconds; drops what it has shown.

    Without overlap it is the sample page's way (`legacy`), with it the way of v1 and push.
    """

    def __init__(self, *, kind: str, overlap: int) -> None:
        self.kind = kind
        self.first_position = now_text()
        self._greatest = self.first_position
        self._overlap = overlap * MICROSECONDS
        self._shown: set[tuple[str, str]] = set()

    @property
    def position(self) -> str:
        if not self._overlap:
            return self._greatest
        return text_of(microseconds_of(self._greatest) - self._overlap)

    def path(self) -> str:
        return f"/chat/comments/latest/{quote(self.position, safe='')}"

    def take(self, listing: Sequence[Shown]) -> list[Shown]:
        new = [shown for shown in listing if shown.key not in self._shown]
        self._shown.update(shown.key for shown in new)
        self._greatest = max([self._greatest, *(shown.time for shown in new if is_issued(shown.time))])
        return new


class LatestPage:
    """The newest comments, at most a page."""

    kind = "latest"

    def path(self) -> str:
        return "/chat/comments/latest"

    def take(self, listing: Sequence[Shown]) -> list[Shown]:
        if len(listing) > PAGE:
            raise ListingInvalid(f"{len(listing)} comments on a page of {PAGE}")
        return []


class Everything:
    """All comments of the room."""

    kind = "all"

    def path(self) -> str:
        return "/chat/comments/all"

    def take(self, listing: Sequence[Shown]) -> list[Shown]:
        return []


def legacy_poll() -> Poll:
    return Poll(kind="legacy", overlap=0)


def overlap_poll() -> Poll:
    return Poll(kind="v1", overlap=OVERLAP_SECONDS)
