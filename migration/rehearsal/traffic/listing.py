"""What an answer that lists comments must look like: complete, no key twice, newest first, ties by name."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Ten-digit seconds in the one spelling the API issues. Only among these do text order and time order agree on
# both stores, so only these are held to an order, and to be listed once: a list that runs over a flip takes its
# first pages from one store and its last from the other, and another text stands elsewhere there (protocol C4).
ISSUED = re.compile(r"[0-9]{10}\.(0|[0-9]{0,5}[1-9])")


class ListingInvalid(ValueError):
    """The answer is not the list the sample's API promises."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One comment as a reader was shown it; (name, time) is its key in the room."""

    name: str
    time: str

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.time


def read_listing(body: bytes) -> list[Shown]:
    """Parse and check an answer. Raises `ListingInvalid` naming the first offence."""
    try:
        items = json.loads(body)["response"]
        listing = [_read_item(item) for item in items]
    except (ValueError, TypeError, KeyError) as error:
        raise ListingInvalid(f"not the JSON of a list of comments: {error!r}") from error
    ordered = [shown for shown in listing if ISSUED.fullmatch(shown.time)]
    _require_distinct(ordered)
    _require_order(ordered)
    return listing


def _read_item(item: dict[str, object]) -> Shown:
    name, time = item["name"], item["time"]
    if not isinstance(name, str) or not isinstance(time, str):
        raise TypeError(f"name {name!r} and time {time!r} must be texts")
    if "comment" not in item or item["chat_room"] != "chat":
        raise ValueError(f"{name!r} at {time} has no comment or is of another room")
    return Shown(name=name, time=time)


def _require_distinct(listing: Sequence[Shown]) -> None:
    seen: set[tuple[str, str]] = set()
    for shown in listing:
        if shown.key in seen:
            raise ListingInvalid(f"{shown.name!r} at {shown.time} is listed twice")
        seen.add(shown.key)


def _require_order(listing: Sequence[Shown]) -> None:
    for newer, older in pairwise(listing):
        if newer.time < older.time or (newer.time == older.time and newer.name > older.name):
            raise ListingInvalid(f"{newer.name!r} at {newer.time} is listed before {older.name!r} at {older.time}")
