"""The ladder of phases and the rules over all endpoints together (design section 6, protocol F1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migration.enums import LEGAL_ROWS, Kind, LegalRow, Phase
from migration.exceptions import IllegalMove

LADDER: dict[Kind, tuple[Phase, ...]] = {
    kind: tuple(row.phase for row in LEGAL_ROWS if row.kind is kind) for kind in Kind
}
AUTHORITY_MOVES = frozenset({Phase.DUAL, Phase.CUTOVER})
"""Between these two phases of a write endpoint the store that decides changes (protocol F6)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one endpoint stands, as far as the vector rules look."""

    endpoint: str
    kind: Kind
    phase: Phase
    enabled: bool = True


def row_of(kind: Kind, phase: Phase) -> LegalRow:
    """Raises `IllegalMove` for a phase this kind does not have (writes skip `shadow`)."""
    for row in LEGAL_ROWS:
        if row.kind is kind and row.phase is phase:
            return row
    raise IllegalMove(f"a {kind.value} endpoint has no phase {phase.value}")


def neighbour(kind: Kind, phase: Phase, *, forward: bool) -> Phase:
    """Raises `IllegalMove` at the ends of the ladder."""
    ladder = LADDER[kind]
    place = ladder.index(phase) + (1 if forward else -1)
    if not 0 <= place < len(ladder):
        end = "last" if forward else "first"
        raise IllegalMove(f"{phase.value} is the {end} phase: there is no step {'on' if forward else 'back'}")
    return ladder[place]


def moves_authority(kind: Kind, before: Phase, after: Phase) -> bool:
    return kind is Kind.WRITE and {before, after} == AUTHORITY_MOVES


def vector_faults(places: Iterable[Place]) -> list[str]:
    """Every rule of protocol F1 the vector breaks, as sentences; empty when it is legal."""
    places = list(places)
    reads = [place for place in places if place.kind is Kind.READ and place.enabled]
    writes = [place for place in places if place.kind is Kind.WRITE]
    return [fault for write in writes for read in reads for fault in _pair_faults(write, read)]


def _pair_faults(write: Place, read: Place) -> list[str]:
    both = f"{write.endpoint} is in {write.phase.value} and {read.endpoint} in {read.phase.value}"
    if write.phase is Phase.LEGACY and read.phase not in (Phase.LEGACY, Phase.DUAL):
        return [f"{both}: reads stay at most in dual while writes go to the source alone (F1)"]
    if write.phase is Phase.DUAL and read.phase is Phase.DECOMMISSION:
        return [f"{both}: no read is decommissioned while the source decides writes (F1)"]
    if write.phase is Phase.DECOMMISSION and read.phase is not Phase.DECOMMISSION:
        return [f"{both}: writes stop at the source only when every read has left it (F1)"]
    return []
