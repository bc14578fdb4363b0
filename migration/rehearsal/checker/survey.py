"""The table before traffic: counted by the checker's own mapping, every item listed with a digest."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import EvidenceInvalid
from .jsonfiles import read_json, read_json_lines, write_json, write_text
from .mapping import Item, fault, microseconds
from .rows import Key, Row, Stored, stored_item


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One item as it was; `reason` is its quarantine reason, None if it can be mapped."""

    key: Key
    digest: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Survey:
    """All items, in key order."""

    entries: tuple[Surveyed, ...]

    @property
    def quarantined(self) -> dict[str, int]:
        counts = Counter(entry.reason for entry in self.entries if entry.reason is not None)
        return dict(sorted(counts.items()))

    @property
    def mappable(self) -> int:
        return sum(entry.reason is None for entry in self.entries)

    @property
    def digest(self) -> str:
        """SHA-256 over every key, item digest and reason."""
        lines = (json.dumps(_listed(entry)) for entry in self.entries)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def take_survey(items: Iterable[Item]) -> Survey:
    """Judge each item as of now, then find the instants spelled twice."""
    now_us = time.time_ns() // 1000
    found = [(stored_item(item), fault(item, now_us=now_us)) for item in items]
    # In key order the spellings of one instant of one name come in text order: the first one is mapped.
    found.sort(key=lambda pair: pair[0].key)
    return Survey(entries=_name_collisions(found))


def write_survey(survey: Survey, path: Path) -> None:
    """Write the figures to `path` and the list of items beside it, `<name>.items.jsonl`."""
    listing = _listing_path(path)
    write_text(listing, "".join(json.dumps(_listed(entry)) + "\n" for entry in survey.entries))
    write_json(
        path,
        {
            "items": len(survey.entries),
            "mappable": survey.mappable,
            "quarantined": survey.quarantined,
            "digest": survey.digest,
            "list": listing.name,
        },
    )


def load_survey(path: Path) -> Survey:
    """Read what `write_survey` wrote. Raises `EvidenceInvalid` if list and figures do not belong together."""
    head = read_json(path)
    entries = []
    for line in read_json_lines(_listing_path(path)):
        try:
            entries.append(Surveyed(Key(*line["key"]), line["digest"], line["reason"]))
        except (KeyError, TypeError) as error:
            raise EvidenceInvalid(f"{_listing_path(path)}: {line!r} is not an item of a survey") from error
    survey = Survey(entries=tuple(entries))
    if head.get("digest") != survey.digest:
        raise EvidenceInvalid(f"{path} and its list of items do not belong together: take the survey again")
    return survey


def _name_collisions(found: list[tuple[Stored, str | None]]) -> tuple[Surveyed, ...]:
    taken: set[tuple[str, int | None, str]] = set()
    entries = []
    for stored, reason in found:
        place = _place(stored.row) if reason is None and stored.row is not None else None
        collision = "key_collision" if place in taken else None
        if place is not None:
            taken.add(place)
        entries.append(Surveyed(key=stored.key, digest=stored.digest, reason=reason or collision))
    return tuple(entries)


def _place(row: Row) -> tuple[str, int | None, str]:
    return row.room, microseconds(row.time), row.name


def _listing_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.items.jsonl")


def _listed(entry: Surveyed) -> dict[str, object]:
    return {"key": list(entry.key), "digest": entry.digest, "reason": entry.reason}
