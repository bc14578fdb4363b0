"""How large an item is, by DynamoDB's own rules.

docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html: names and values together; texts
as UTF-8; a number one byte for two digits and one more; lists and maps three bytes, and one for each element. What is
billed for storage beyond that (100 bytes an item) is left out: capacity units do not count it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

CONTAINER_BYTES: Final = 3
ELEMENT_BYTES: Final = 1


def item_bytes(item: Mapping[str, Any]) -> int:
    """Of an item in the typed form, `{"name": {"S": ...}, ...}`."""
    return sum(_text(name) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return _text(held)
        case "N":
            return _number(held)
        case "B":
            return len(held)
        case "NULL" | "BOOL":
            return 1
        case "SS":
            return sum(map(_text, held))
        case "NS":
            return sum(map(_number, held))
        case "BS":
            return sum(map(len, held))
        case "L":
            return CONTAINER_BYTES + sum(ELEMENT_BYTES + value_bytes(one) for one in held)
        case "M":
            return CONTAINER_BYTES + sum(ELEMENT_BYTES + _text(key) + value_bytes(one) for key, one in held.items())
    raise ValueError(f"DynamoDB has no type {kind!r}")


def _text(text: str) -> int:
    # DynamoDB Local hands out lone surrogates as it was given them: three bytes each.
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _number(text: str) -> int:
    """Approximately, as the rules say themselves: zeros before and behind are not stored, a sign takes a byte."""
    mantissa = text.lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + mantissa.startswith("-")
