"""What happens by itself, and how often. Each is safe to run twice or late."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "pay debts": {"task": "migration.ledger.drain", "schedule": 2.0, "options": {"expires": 10}},
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
