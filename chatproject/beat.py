"""What happens by itself, and how often. Each is safe to run twice or late."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "pay debts": {"task": "migration.ledger.drain", "schedule": 2.0, "options": {"expires": 10}},
    # Every half minute, so that a crash is mended within one (protocol D4).
    "compare what is recent": {"task": "migration.ledger.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "forget paid debts": {"task": "migration.ledger.forget", "schedule": 3600.0, "options": {"expires": 600}},
    "follow the stream": {
        "task": "migration.stream.tail",
        "schedule": 2.0,
        # Beside backfill and parity, so that a burst of records never keeps a debt or a transition waiting.
        "options": {"expires": 5, "queue": "stream"},
    },
    "return lost segments": {
        "task": "migration.segments.sweep",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "finish lost transitions": {
        "task": "migration.transitions.recover",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
}
