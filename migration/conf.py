"""The settings the control plane reads, typed."""

from __future__ import annotations

from chat.conf import env

POLL_SECONDS = 1.0
"""How often a holder looks at the flags when nothing moves (protocol F5)."""
MOVING_POLL_SECONDS = 0.05
"""How often it looks from a transition's intent to its end (protocol F5)."""
HEARTBEAT_SECONDS = 1.0
STALE_POLL_SECONDS = 5.0
"""A process whose last poll is older polls before its next authority write (protocol F9)."""
STALE_WAIT_SECONDS = 1.0
"""How long such a write waits for a poll that is under way; then the control database counts as away (F7)."""
CLOSE_SECONDS = 5.0
"""How long a process that ends waits for the requests it admitted."""
LEASE_SECONDS = 5.0
"""A lease whose counter stood still this long, by the observer's own monotonic clock, has run out (protocol T7)."""


def hold_wait_seconds() -> float:
    """How long a writer waits in a hold before it is answered 503 (protocol F6)."""
    return env().hold_wait_seconds


def hold_limit_seconds() -> float:
    """A hold that is not over by then is given up, so that no waiting writer reaches its own bound."""
    return max(0.2, env().hold_wait_seconds - 0.5)


def ack_wait_seconds() -> float:
    return env().ack_wait_seconds


def redis_channel() -> str:
    """Deployments that share a Redis must not wake each other: the keyspace and table name them apart."""
    return f"chat:{env().keyspace}:{env().dynamodb_table}:flags"
