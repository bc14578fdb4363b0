"""The figures the rehearsal wrote down about itself: checked for form here, copied into the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EvidenceInvalid
from .forms import BACKFILL, GUARD, MEMBERS, OPTIONAL, PASSED_ON, TOP, require_form
from .jsonfiles import read_json

AUTHORITIES = ("scylla", "dynamodb")
OUTCOMES = ("done", "refused", "rolled_back", "waiting")
WRITES = "post_comment"
TARGET_DECIDES = ("cutover", "decommission")


@dataclass(frozen=True, slots=True)
class Facts:
    """A facts file of the right form."""

    document: Mapping[str, Any]

    @property
    def mirrored_until(self) -> float | None:
        """Unix seconds after which only the authority was written; None if both were to the end."""
        return self.document.get("mirrored_until")

    @property
    def authority(self) -> str:
        """The store that decides writes at the end: as named, else as the moves of `WRITES` left it."""
        named = self.document.get("authority")
        return str(named) if named else self.moved_authority

    @property
    def moved_authority(self) -> str:
        done = [move["to"] for move in self.write_moves if move["outcome"] == "done"]
        return "scylla" if done and done[-1] in TARGET_DECIDES else "dynamodb"

    @property
    def write_moves(self) -> list[Mapping[str, Any]]:
        return [move for move in self.document["transitions"] if move["endpoint"] == WRITES]


def load_facts(path: Path) -> Facts:
    """Raises `EvidenceInvalid` naming the field that is missing, unknown or of the wrong type."""
    document = read_json(path)
    present = {name: form for name, form in OPTIONAL.items() if name in document}
    core = {name: value for name, value in document.items() if name not in PASSED_ON}
    require_form(core, {**TOP, **present}, at=str(path))
    for section, form in MEMBERS.items():
        for number, member in enumerate(document[section]):
            require_form(member, form, at=f"{path} {section}[{number}]")
    if document["backfill"] is not None:
        require_form(document["backfill"], BACKFILL, at=f"{path} backfill")
    for number, move in enumerate(document["transitions"]):
        _require_move(move, at=f"{path} transitions[{number}]")
    facts = Facts(document)
    _require_authority(facts, at=str(path))
    return facts


def _require_move(move: Mapping[str, Any], *, at: str) -> None:
    if move["outcome"] not in OUTCOMES:
        raise EvidenceInvalid(f"{at}.outcome is {move['outcome']!r}, must be one of {', '.join(OUTCOMES)}")
    for number, guard in enumerate(move["guards"] or []):
        require_form(guard, GUARD, at=f"{at}.guards[{number}]")


def _require_authority(facts: Facts, *, at: str) -> None:
    named = facts.document.get("authority")
    if named is not None and named not in AUTHORITIES:
        raise EvidenceInvalid(f"{at}.authority is {named!r}, must be one of {', '.join(AUTHORITIES)}")
    # A move that was rolled back ended where it began or elsewhere; only its author can say who decides now.
    if named is None and facts.write_moves and facts.write_moves[-1]["outcome"] != "done":
        raise EvidenceInvalid(f"{at}: the last move of {WRITES} is not done, so `authority` must be named")
