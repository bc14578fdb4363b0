"""What copying the table costs in read capacity, money and time."""

from __future__ import annotations

from math import ceil
from typing import Any, Final

UNIT_BYTES: Final = 4096
"""What a strongly consistent read unit reads, and a scan rounds each page up to (the page that `sizes` names)."""
DOLLARS_PER_MILLION_UNITS: Final = 0.125
"""On demand, us-east-1, as listed since November 2024 (aws.amazon.com/dynamodb/pricing/on-demand); regions differ."""


def estimate(
    *, items: int, size: int, measured_units: float, seconds: float, provisioned: int | None
) -> dict[str, Any]:
    """A backfill reads the same pages, as strongly: so many units and no fewer seconds than the census took.

    `units_measured`: false where the engine tells no capacity of a scan (Alternator), and bytes stand in.
    `seconds_at_provisioned`: if nothing else used the table's read units; None when it is billed on demand.
    """
    units = measured_units or float(ceil(size / UNIT_BYTES))
    return {
        "read_units": units,
        "units_measured": measured_units > 0,
        "dollars": dollars(units, DOLLARS_PER_MILLION_UNITS),
        "dollars_per_million_units": DOLLARS_PER_MILLION_UNITS,
        "seconds_at_this_rate": round(seconds, 1),
        "items_per_s": round(items / seconds, 1) if seconds > 0 else None,
        "seconds_at_provisioned": round(units / provisioned, 1) if provisioned else None,
    }


def priced(found: dict[str, Any], price: float) -> dict[str, Any]:
    """The same estimate at another price for a million units."""
    return found | {"dollars": dollars(found["read_units"], price), "dollars_per_million_units": price}


def dollars(units: float, price: float) -> float:
    return round(units / 1_000_000 * price, 6)
