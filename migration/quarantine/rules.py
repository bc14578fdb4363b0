"""What an operator may accept about an item: rules that are known by name, each with what it gives up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migration.exceptions import Refused

IGNORE = "ignore-unknown-attribute"
TAKE_AS_TEXT = "take-as-text"
AS_IN_SOURCE = "as-in-source"

WORDS = {
    f"{IGNORE}:NAME": "leave the attribute NAME behind; the whole item stays in quarantine",
    TAKE_AS_TEXT: "a comment or room that is a number, a list, ... as text: its digits, or JSON",
    AS_IN_SOURCE: "the item was mended in the source: what the source has now",
}

FIELDS = {"room": "chat_room", "text": "comment", "time": "time"}
"""The values that may be edited, and their attributes. Not the name: nobody puts words into another one's mouth."""


LONGEST_ROOM = 2048
"""Bytes, as the index of DynamoDB takes: far below what a partition key of CQL may be."""


@dataclass(frozen=True, slots=True)
class Mending:
    """`values` by the keys of `FIELDS`, as they shall be; `accepted` are rules as written on the command line."""

    values: Mapping[str, str]
    accepted: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raises `Refused` for a field or a rule that is not known."""
        unknown = [
            f"there is no value {name!r} to set, only {', '.join(FIELDS)}" for name in self.values.keys() - FIELDS
        ]
        unknown += [f"{rule!r} is no rule: {'; '.join(WORDS)}" for rule in self.accepted if not _is_known(rule)]
        if len(self.values.get("room", "").encode(errors="replace")) > LONGEST_ROOM:
            unknown.append(f"a room has at most {LONGEST_ROOM} bytes")
        if unknown:
            raise Refused(sorted(unknown))
        if not self.values and not self.accepted:
            raise Refused(["nothing is set and no rule accepted, so nothing would be fixed"])

    @property
    def ignored(self) -> frozenset[str]:
        return frozenset(rule.partition(":")[2] for rule in self.accepted if rule.startswith(f"{IGNORE}:"))

    def applied(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item as the mapping shall see it, in DynamoDB JSON; what is set wins over what is taken as text."""
        changed = dict(item)
        if TAKE_AS_TEXT in self.accepted:
            changed |= {name: {"S": _as_text(changed[name])} for name in ("comment", "chat_room") if name in changed}
        return changed | {FIELDS[name]: {"S": value} for name, value in self.values.items()}


def _is_known(rule: str) -> bool:
    return rule in (TAKE_AS_TEXT, AS_IN_SOURCE) or (rule.startswith(f"{IGNORE}:") and len(rule) > len(IGNORE) + 1)


def _as_text(value: Mapping[str, Any]) -> str:
    """A number by its own digits, text and binary (base64) as they are, anything else as JSON."""
    ((kind, inner),) = value.items()
    if kind in ("S", "N", "B"):
        return str(inner)
    return json.dumps(None if kind == "NULL" else inner, ensure_ascii=False)
