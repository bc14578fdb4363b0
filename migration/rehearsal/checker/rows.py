"""A comment as the checker compares it, the same whichever store it was read from."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from .mapping import ATTRIBUTES, Item


class Key(NamedTuple):
    """What an acknowledgement names: DynamoDB's primary key, and all but the room of CQL's."""

    name: str
    time: str

    def __str__(self) -> str:
        return f"({json.dumps(self.name, ensure_ascii=False)}, {self.time})"


class Row(NamedTuple):
    """`comment` is None where CQL holds the key without a text."""

    room: str
    name: str
    time: str
    comment: str | None

    @property
    def key(self) -> Key:
        return Key(self.name, self.time)


@dataclass(frozen=True, slots=True)
class Stored:
    """One row or item found in a store. `row` is None if it is not a plain comment of four texts."""

    key: Key
    digest: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class Image:
    """Everything one store holds. CQL may hold one (name, time) in several rooms, DynamoDB cannot."""

    store: str
    entries: dict[Key, list[Stored]] = field(default_factory=dict)

    def add(self, entries: Iterable[Stored]) -> Image:
        for stored in entries:
            self.entries.setdefault(stored.key, []).append(stored)
        return self


def stored_item(item: Item) -> Stored:
    key = Key(str(item["name"]["S"]), str(item["time"]["S"]))
    return Stored(key=key, digest=digest_item(item), row=_plain_row(item))


def stored_row(row: Row) -> Stored:
    return Stored(key=row.key, digest=digest_item(item_of(row)), row=row)


def item_of(row: Row) -> Item:
    """The DynamoDB item of a row; a missing comment stays missing."""
    texts = {"name": row.name, "time": row.time, "chat_room": row.room, "comment": row.comment}
    return {name: {"S": text} for name, text in texts.items() if text is not None}


def digest_item(item: Item) -> str:
    """SHA-256 of an item with its types, independent of the order of attributes and of set members."""
    content = json.dumps({name: _plain(value) for name, value in item.items()}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _plain_row(item: Item) -> Row | None:
    if set(item) != set(ATTRIBUTES) or any(set(value) != {"S"} for value in item.values()):
        return None
    texts = {name: str(value["S"]) for name, value in item.items()}
    return Row(texts["chat_room"], texts["name"], texts["time"], texts["comment"])


def _plain(value: object) -> object:
    """A DynamoDB value as JSON can hold it; bytes as base64, sets sorted."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, dict):
        return {name: _plain_member(name, member) for name, member in value.items()}
    return value


def _plain_member(type_name: str, value: object) -> object:
    plain = _plain(value)
    return sorted(plain, key=json.dumps) if type_name in ("SS", "NS", "BS") and isinstance(plain, list) else plain
