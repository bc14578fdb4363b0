"""What an item is made of: as JSON can hold it, as it can be printed, and in digests that name it."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import blake2b
from typing import Any

SETS = frozenset({"SS", "NS", "BS"})


def printable(text: str) -> str:
    """As any database can hold it."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def key_of(name: str, time: str) -> str:
    """32 hexadecimal digits that name one source item."""
    spelled = f"{len(name)}:{name}{time}".encode("utf-8", "surrogatepass")
    return blake2b(spelled, digest_size=16).hexdigest()


def spelled(item: dict[str, Any], attribute: str) -> str:
    """A key attribute as text, whatever its type: an export may hold what no table of ours does."""
    value = item.get(attribute, {"S": ""})
    return value["S"] if isinstance(value.get("S"), str) else json.dumps(plain(value), sort_keys=True)


def digest_of(item: dict[str, Any]) -> str:
    """32 hexadecimal digits of the whole content, the same in whatever order attributes and sets come."""
    text = json.dumps(_ordered(plain(item)), sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def plain(value: Any) -> Any:
    """DynamoDB JSON as JSON can hold it: binary as base64, like the service's own exports."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value


def _ordered(value: Any) -> Any:
    """Sets sorted; lists have an order of their own. An attribute may be named like a type: only a list is a set."""
    if isinstance(value, dict):
        return {
            key: sorted(inner) if key in SETS and _is_set(inner) else _ordered(inner) for key, inner in value.items()
        }
    return [_ordered(inner) for inner in value] if isinstance(value, list) else value


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(member, str) for member in value)
