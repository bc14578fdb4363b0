"""Errors of the control plane. Their messages are shown to operators as they are."""

from __future__ import annotations


class ControlError(Exception):
    """Base of every error the control plane raises on purpose."""


class IllegalMove(ControlError):
    """The phase table or the vector rules (protocol F1) forbid this move."""


class Refused(ControlError):
    """A guard said no. `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class NotAllowed(ControlError):
    """The person who asked lacks the role, or is the wrong one: nobody approves a request of their own."""


class ApprovalNeeded(ControlError):
    """The move is requested and waits for a second person. `request` is the id of its transition."""

    def __init__(self, request: int) -> None:
        super().__init__(f"waiting for approval: another person runs `manage.py route approve {request}`")
        self.request = request


class LostRace(ControlError):
    """Another process changed the row first; look again and decide anew."""


class TakenOn(ControlError):
    """The request is no longer one: another process carries it out, or it has ended."""


class LostLease(ControlError):
    """This worker's fencing token is old: it may neither move a cursor nor count (protocol C1)."""


class StillWaiting(ControlError):
    """The flip is done, but some live process has not confirmed it within the wait. It goes on with `route advance`."""


class NoWorker(ControlError):
    """No Celery worker listens on the queue."""


class AuditBroken(ControlError):
    """The audit chain cannot be continued."""
