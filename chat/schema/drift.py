"""Differences between the schema that is wanted and the one that is there, as values with a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class DriftKind(StrEnum):
    MISSING_KEYSPACE = "missing_keyspace"
    MISSING_TABLE = "missing_table"
    MISSING_VIEW = "missing_view"
    MISSING_COLUMN = "missing_column"
    MISSING_INDEX = "missing_index"
    # Options may be altered on a table in use; the engine rewrites nothing at once.
    WRONG_COMPACTION = "wrong_compaction"
    # The rest would need a rebuild, or a decision: reported, never done by us.
    WRONG_REPLICATION = "wrong_replication"
    WRONG_KIND = "wrong_kind"
    WRONG_KEY = "wrong_key"
    WRONG_TYPE = "wrong_type"
    WRONG_PROJECTION = "wrong_projection"
    # Being built; it passes by itself.
    NOT_READY = "not_ready"
    # A newer release may have added it: rolling back to this one must not fail over it.
    UNKNOWN_COLUMN = "unknown_column"


class Change(Protocol):
    """What would be sent to the store; its text is what `--dry-run` prints."""

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `change` mends it, dropping and rebuilding nothing; None leaves it to the operator.

    `todo` tells the operator what to do, or what would be done.
    """

    store: str
    subject: str
    kind: DriftKind
    sentence: str
    todo: str
    change: Change | None = None

    @property
    def tolerated(self) -> bool:
        return self.kind is DriftKind.UNKNOWN_COLUMN

    @property
    def mendable(self) -> bool:
        return self.change is not None

    def as_json(self) -> dict[str, str | bool | None]:
        """As `sync_schema --json` prints it."""
        return {
            "store": self.store,
            "subject": self.subject,
            "kind": self.kind.value,
            "sentence": self.sentence,
            "todo": self.todo,
            "statement": None if self.change is None else str(self.change),
            "tolerated": self.tolerated,
        }


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at one store found. `differences` come in the order in which they can be mended."""

    store: str
    engine: str
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def in_sync(self) -> bool:
        return all(difference.tolerated for difference in self.differences)


Done = Callable[[Difference], None]
"""Told of each difference that was mended, when it was."""


def ignore(difference: Difference) -> None:
    """For callers that need not know."""
