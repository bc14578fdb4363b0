"""What a stream record says: which rows of the target it is about, and what was put there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import MAX_AHEAD_US, from_item, is_storable
from chat.codec.timetext import canonical, parse
from chat.data import Comment

Item = dict[str, Any]
Key = tuple[str, int, str]
"""A row of the target: room, microseconds, name."""


@dataclass(frozen=True, slots=True)
class Change:
    """`keys`: the rows it may concern, of the old and of the new image. `fresh`: the comment of an INSERT no other
    spelling of whose instant can exist. `fault`: why the new image cannot be mapped."""

    event: str
    sequence: str
    at: datetime
    keys: frozenset[Key]
    fresh: Comment | None = None
    item: Item | None = None
    fault: MappingFault | None = None


def change_of(record: dict[str, Any]) -> Change:
    """`record` as GetRecords gives it, or as a Lambda event spells it."""
    told = record["dynamodb"]
    new, old = told.get("NewImage"), told.get("OldImage")
    comment, fault = _mapped(new)
    alone = record["eventName"] == "INSERT" and comment is not None and _only_spelling(comment)
    return Change(
        event=record["eventName"],
        sequence=told["SequenceNumber"],
        at=_instant(told.get("ApproximateCreationDateTime")),
        keys=frozenset(key for key in map(key_of_image, (old, new)) if key is not None),
        fresh=comment if alone else None,
        item=new,
        fault=fault,
    )


def spellings(key: Key) -> list[str]:
    """Every mappable text of the key's instant, shortest first: at most seven."""
    text = canonical(key[1])
    bare = text.removesuffix(".0")
    decimals = len(bare.partition(".")[2])
    first = [bare] if decimals else [bare, f"{bare}.0"]
    longest = first[-1]
    return first + [longest + "0" * more for more in range(1, 7 - max(decimals, 1))]


def _mapped(item: Item | None) -> tuple[Comment | None, MappingFault | None]:
    if item is None:
        return None, None
    try:
        return from_item(item, now_us=wall_us()), None
    except MappingFault as fault:
        return None, fault


def _only_spelling(comment: Comment) -> bool:
    """Six decimals, the last of them no zero. Any other instant could be spelled longer or shorter."""
    return len(comment.time.partition(".")[2]) == 6 and not comment.time.endswith("0")


def key_of_image(image: Item | None) -> Key | None:
    """Also where the rest of the image is not mappable: an earlier image of the item may have been."""
    if image is None:
        return None
    room, name = (image.get(attribute, {}).get("S") for attribute in ("chat_room", "name"))
    try:
        time_us = parse(image["time"]["S"])
    except (KeyError, MappingFault):
        return None
    if not room or not name or not is_storable(room) or not is_storable(name):
        return None
    # Never mapped, so no row can be there; and a tombstone above it would carry the change clock into the future.
    return None if time_us > wall_us() + MAX_AHEAD_US else (room, time_us, name)


def _instant(told: Any) -> datetime:
    if isinstance(told, datetime):
        return told
    return datetime.now(UTC) if told is None else datetime.fromtimestamp(float(told), UTC)
