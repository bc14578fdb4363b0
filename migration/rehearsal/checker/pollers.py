"""What pollers never showed: comments acknowledged while they ran and settled before they ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import EvidenceInvalid
from .jsonfiles import read_json_lines
from .trafficlog import Poller, Post, TrafficLog

SETTLE_SECONDS = 2.0  # readable at once on CQL, on DynamoDB when the index has it
MOVES_BEGIN = "moves-begin"


@dataclass(frozen=True, slots=True)
class Missed:
    """Comments at least one poller of the kind never showed; None where no such poller ran, no mark was set.

    `baseline` is the sample page's way before the moves, `legacy` the same way from the first move on.
    """

    v1: list[Post] | None
    legacy: list[Post] | None
    baseline: list[Post] | None


def load_moves_begin(path: Path | None) -> float | None:
    """Unix time of the mark `moves-begin`; None without a marks file or without that mark."""
    if path is None:
        return None
    for mark in read_json_lines(path):
        if mark.get("name") == MOVES_BEGIN:
            try:
                return float(mark["at"])
            except (KeyError, TypeError, ValueError) as error:
                raise EvidenceInvalid(f"{path}: mark {mark!r} has no time") from error
    return None


def find_missed(log: TrafficLog, *, moves_begin: float | None) -> Missed:
    legacy = _missed_by(log, "legacy")
    if legacy is None or moves_begin is None:
        return Missed(v1=_missed_by(log, "v1"), legacy=legacy, baseline=None)
    before = [post for post in legacy if (post.answered or 0) < moves_begin]
    during = [post for post in legacy if (post.answered or 0) >= moves_begin]
    return Missed(v1=_missed_by(log, "v1"), legacy=during, baseline=before)


def _missed_by(log: TrafficLog, kind: str) -> list[Post] | None:
    pollers = [poller for poller in log.pollers.values() if poller.kind == kind]
    if not any(poller.last_began for poller in pollers):
        return None
    return [post for post in log.acknowledged if _is_missed(post, pollers)]


def _is_missed(post: Post, pollers: Iterable[Poller]) -> bool:
    return any(_had_its_chance(post, poller) and post.key not in poller.shown for poller in pollers)


def _had_its_chance(post: Post, poller: Poller) -> bool:
    if post.time is None or post.answered is None or poller.last_began is None:
        return False
    return post.time > poller.first_position and post.answered + SETTLE_SECONDS <= poller.last_began
