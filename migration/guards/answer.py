"""What a guard looks at and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from migration.enums import Kind, MirrorMode, Phase
from migration.models import Rollout, Route


@dataclass(frozen=True, slots=True)
class Move:
    """One endpoint from phase to phase. For a change of percent both phases are the same."""

    rollout: Rollout
    route: Route
    kind: Kind
    verb: str
    before: Phase
    after: Phase
    percent: int | None = None
    mirror: MirrorMode | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` is a sentence for the operator, also when all is well."""

    name: str
    ok: bool
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Guard = Callable[[Move], Answer]
