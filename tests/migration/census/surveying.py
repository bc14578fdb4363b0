"""Censuses as these tests run them."""

from __future__ import annotations

from typing import Any

from migration.census import runs
from migration.census.working import work
from migration.enums import SegmentState
from migration.models import Census, Run


def begin(*, segments: int = 3) -> Run:
    return runs.start(segments=segments, actor="test")


def finish(run: Run) -> Run:
    """Work on whatever waits until nothing does, as workers would, but without the pauses."""
    while waiting := list(run.segments.filter(state=SegmentState.PENDING)):
        for segment in waiting:
            work(segment.pk)
    return runs.close_if_done(run.pk)


def report(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = Census.objects.get(run=run).report
    return found


def surveyed(*, segments: int = 3) -> dict[str, Any]:
    return report(finish(begin(segments=segments)))


def item(name: str, time: str, *, room: str = "chat", text: str = "x", **more: dict[str, Any]) -> dict[str, Any]:
    texts = {"name": name, "time": time, "chat_room": room, "comment": text}
    return {attribute: {"S": value} for attribute, value in texts.items()} | more
