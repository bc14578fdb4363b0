"""What kinds of processes there are, and which of them answer a hold."""

from __future__ import annotations

WEB = "web"
WORKER = "worker"
PUSH = "push"
COMMAND = "command"

ROUTED = "routed"
"""The backend of a process that obeys the flags; any other one is a fixed DB_BACKEND (protocol F10)."""

WRITERS = (WEB,)
"""Only these admit new comments, so only these answer a hold (protocol F6). Workers and commands write rows that are
already decided, or that the ledger counts until they are closed: late or twice, they change nothing, and the flip looks
at the ledger itself."""
