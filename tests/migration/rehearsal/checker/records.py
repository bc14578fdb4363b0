"""Lines of a traffic log as the generator writes them, with times of a test's choosing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.migration.rehearsal.finished_run import FIRST_POST

Record = dict[str, Any]
EPOCH = FIRST_POST


def canonical_text(seconds: float) -> str:
    """Seconds after `EPOCH` as the API spells the instant."""
    return str(round(float(EPOCH + seconds), 6))


def intent(id: str, *, at: float, name: str = "ana", comment: str | None = None) -> Record:
    """`at` is in seconds after `EPOCH`, here and below."""
    text = f"text of {id}" if comment is None else comment
    unknown = dict.fromkeys(("time", "status", "ms", "store", "epoch"))
    return {"kind": "intent", "id": id, "name": name, "comment": text, **unknown, "at": EPOCH + at}


def outcome(
    id: str,
    *,
    at: float,
    time: str | None = None,
    status: int | None = 200,
    ms: float = 5.0,
    name: str = "ana",
    comment: str | None = None,
    error: str | None = None,
) -> Record:
    answered = {"time": time, "status": status, "ms": ms, "error": error, "store": "scylla", "epoch": "9"}
    return {**intent(id, at=at, name=name, comment=comment), "kind": "outcome", **answered}


def posted(id: str, *, at: float, name: str = "ana", comment: str | None = None) -> list[Record]:
    """An acknowledged post that took 10 ms and has the time `canonical_text(at)`."""
    return [
        intent(id, at=at, name=name, comment=comment),
        outcome(id, at=at + 0.01, time=canonical_text(at), name=name, comment=comment),
    ]


def poller(id: str, kind: str, *, first: float, last_began: float, shown: Iterable[list[str]]) -> list[Record]:
    """A poller that began at `first`, and showed everything in its last request."""
    identity = {"id": id, "reader": kind, "first_position": canonical_text(first)}
    answer = {"path": "/chat/comments/latest/1", "status": 200, "ms": 3.0, "count": 1, "error": None}
    began = EPOCH + last_began
    return [
        {"kind": "reader-start", **identity, "at": EPOCH + first},
        {"kind": "read", **identity, **answer, "began": began, "at": began + 0.01, "shown": list(shown)},
    ]


END: Record = {
    "kind": "end",
    "reason": "time is up",
    "requests": 0,
    "acknowledged": 0,
    "failed": 0,
    "at": EPOCH,
}
