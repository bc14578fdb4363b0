"""A write between its first packet and its end, known to others should this process die (protocol W5)."""

from __future__ import annotations

import structlog

from chat.data import Comment
from chat.exceptions import StoreUnavailable
from chat.routing.ports import DebtRecorder, Mark, WriteRoute

log = structlog.get_logger(__name__)


class UnderWay:
    """The mark of one write; it moves on with each new instant the comment is given."""

    __slots__ = ("_mark", "_recorder", "_route")

    def __init__(self, recorder: DebtRecorder, route: WriteRoute) -> None:
        self._recorder = recorder
        self._route = route
        self._mark: Mark | None = None

    def begin(self, comment: Comment) -> None:
        """Before each put. The put before it, of another instant, was refused for certain.

        Raises `StoreUnavailable` when it cannot be marked (a full disk): then it must not be sent.
        """
        self.end()
        try:
            self._mark = self._recorder.begin(comment, holder=self._route.authority, owed=self._route.mirror)
        except OSError as error:
            raise StoreUnavailable(self._route.authority, f"not sent, it cannot be marked: {error}") from error

    def harden(self) -> bool:
        """Whether the mark now survives a power loss of the machine."""
        try:
            self._recorder.harden(self._mark)
        except OSError as error:
            log.warning("mark_not_hardened", error=str(error))
            return False
        return True

    def move_on(self) -> UnderWay:
        """The same mark in another's hands; this one ends nothing any more."""
        other = UnderWay(self._recorder, self._route)
        other._mark, self._mark = self._mark, None
        return other

    def end(self) -> None:
        if self._mark is not None:
            self._recorder.end(self._mark)
            self._mark = None

    def abandon(self) -> None:
        if self._mark is not None:
            self._recorder.abandon(self._mark)
            self._mark = None
