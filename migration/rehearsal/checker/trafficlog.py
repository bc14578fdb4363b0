"""The traffic generator's log as the checker reads it: posts, their outcomes, what pollers showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import EvidenceInvalid
from .jsonfiles import read_json_lines
from .rows import Key, Row

ROOM = "chat"  # the sample's API knows no other room


@dataclass(slots=True)
class Post:
    """One attempt; `began` and `answered` are Unix times in seconds. Not answered: its outcome is unknown."""

    id: str
    name: str
    comment: str
    began: float
    answered: float | None = None
    status: int | None = None
    time: str | None = None
    ms: float | None = None
    error: str | None = None

    @property
    def is_acknowledged(self) -> bool:
        return self.status == 200 and self.error is None and self.time is not None

    @property
    def is_failed(self) -> bool:
        return self.answered is not None and not self.is_acknowledged

    def overlaps(self, began: float, ended: float) -> bool:
        """Whether any of the attempt fell between two times; one never answered may still have been under way."""
        return self.began <= ended and (self.answered is None or self.answered >= began)

    @property
    def row(self) -> Row:
        """Where an acknowledged post must be, and with which text."""
        return Row(room=ROOM, name=self.name, time=self.time or "", comment=self.comment)

    @property
    def key(self) -> Key:
        return self.row.key


@dataclass(frozen=True, slots=True)
class FailedRead:
    """A read without a complete, valid 200; times in Unix seconds, `text` says who asked what and what came."""

    text: str
    began: float
    answered: float

    def overlaps(self, began: float, ended: float) -> bool:
        return self.began <= ended and self.answered >= began


@dataclass(slots=True)
class Poller:
    """One poller; `last_began` is when its last good request began (Unix seconds, None: it never had one)."""

    id: str
    kind: str
    first_position: str
    shown: set[Key] = field(default_factory=set)
    last_began: float | None = None


@dataclass(slots=True)
class TrafficLog:
    """Everything the generator recorded. `ended` is False if it died before its last line."""

    posts: dict[str, Post] = field(default_factory=dict)
    pollers: dict[str, Poller] = field(default_factory=dict)
    reads: int = 0
    failed_reads: list[FailedRead] = field(default_factory=list)
    ended: bool = False

    @property
    def acknowledged(self) -> list[Post]:
        return [post for post in self.posts.values() if post.is_acknowledged]


def load_traffic_log(path: Path) -> TrafficLog:
    """Raises `EvidenceInvalid` for a line that is not of a known kind, or an outcome without its intent."""
    log = TrafficLog()
    for record in read_json_lines(path):
        try:
            _add(log, record)
        except (KeyError, TypeError, ValueError) as error:
            raise EvidenceInvalid(f"{path}: {record!r} is not a line of a traffic log: {error!r}") from error
    return log


def _add(log: TrafficLog, record: dict[str, Any]) -> None:
    match record["kind"]:
        case "intent":
            _add_intent(log, record)
        case "outcome":
            _add_outcome(log.posts[record["id"]], record)
        case "read":
            _add_read(log, record)
        case "reader-start" if record["first_position"] is not None:
            id = str(record["id"])
            log.pollers[id] = Poller(id, str(record["reader"]), str(record["first_position"]))
        case "end":
            log.ended = True
        case "start" | "reader-start" | "reader-end":
            pass
        case other:
            raise ValueError(f"kind {other!r} is not known")


def _add_intent(log: TrafficLog, record: dict[str, Any]) -> None:
    id = str(record["id"])
    if id in log.posts:
        raise ValueError(f"post {id} is there twice")
    log.posts[id] = Post(id, str(record["name"]), str(record["comment"]), float(record["at"]))


def _add_outcome(post: Post, record: dict[str, Any]) -> None:
    post.answered = float(record["at"])
    post.status = record["status"]
    post.time = record["time"]
    post.ms = record["ms"]
    post.error = record["error"]


def _add_read(log: TrafficLog, record: dict[str, Any]) -> None:
    log.reads += 1
    if record["error"] is not None:
        text = f"{record['id']} {record['path']}: {record['error']}"
        log.failed_reads.append(FailedRead(text, float(record["began"]), float(record["at"])))
        return
    poller = log.pollers.get(record["id"])
    if poller is not None:
        poller.shown.update(Key(name, time) for name, time in record["shown"])
        poller.last_began = float(record["began"])
