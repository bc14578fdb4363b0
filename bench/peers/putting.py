"""Puts comments into DynamoDB conditionally, from a number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.peers.writes import Write, conditional_put
from chat.data import Comment


def put_all(pool: ThreadPoolExecutor, client: Any, comments: Sequence[Comment]) -> int:
    """How many were put; raises what boto3 raises, also where a key is taken."""
    return sum(1 for _ in pool.map(_send, [conditional_put(client, comment) for comment in comments]))


def _send(write: Write) -> None:
    write()
