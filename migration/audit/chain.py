"""Chains audit events: each carries the digest of the one before, so that none is changed or taken out unseen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from migration.models import AuditEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def digest_of(event: AuditEvent) -> str:
    """SHA-256, as 64 hexadecimal digits, over the canonical JSON of every field but `id` and the digest itself.

    `id` is given by the database after the digest; the order of events is proven by `previous`. Microseconds since
    1970 stand for `at`. An event that was made on one database and read on another has the same digest.
    """
    fields = {
        "previous": event.previous,
        "at": (event.at - EPOCH) // MICROSECOND,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "reason": event.reason,
        "before": plain(event.before),
        "after": plain(event.after),
    }
    return sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(value: Any) -> Any:
    """The value as every control database gives it back.

    PostgreSQL holds no NUL, returns whole floats as integers (1e20, 2.0 only by their digits), and neither database
    tells a tuple from a list. Raises `TypeError` for what is no JSON.
    """
    if isinstance(value, dict):
        return {keepable(str(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, float):
        # Through decimal digits, as PostgreSQL does it: int() of a large float has other last digits.
        return int(Decimal(repr(value))) if value.is_integer() else value
    return value


def keepable(text: str) -> str:
    """NUL, and what is no character (a byte that was no UTF-8), spelled out: no database keeps them."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")
