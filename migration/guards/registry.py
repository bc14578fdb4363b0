"""Which guards each move asks, as data (protocol C8)."""

from __future__ import annotations

from migration.enums import Kind, Phase
from migration.guards.answer import Answer, Guard, Move
from migration.guards.complete import complete
from migration.guards.confirmed import confirmed
from migration.guards.debts import debts
from migration.guards.declared import declared
from migration.guards.fixed import fixed
from migration.guards.mirrored import mirrored
from migration.guards.ramped import ramped
from migration.guards.thawed import thawed
from migration.guards.vector import vector

ALWAYS: tuple[Guard, ...] = (thawed, vector, complete)

SETTLED: tuple[Guard, ...] = (fixed, confirmed, declared)
"""Asked by every move but a read that goes back: nobody acts on flags of its own or on older ones, or may still end
what it began so."""

FORWARD: dict[tuple[Kind, Phase], tuple[Guard, ...]] = {
    (Kind.WRITE, Phase.DUAL): SETTLED,
    # Debts to the new authority are drained and counted inside the hold (protocol F6), not before it.
    (Kind.WRITE, Phase.CUTOVER): (*SETTLED, ramped),
    (Kind.WRITE, Phase.DECOMMISSION): (*SETTLED, debts),
    (Kind.READ, Phase.DUAL): SETTLED,
    (Kind.READ, Phase.SHADOW): SETTLED,
    (Kind.READ, Phase.CUTOVER): (*SETTLED, debts, mirrored),
    (Kind.READ, Phase.DECOMMISSION): (*SETTLED, ramped, debts),
}


def guards_of(move: Move) -> tuple[Guard, ...]:
    """Going back asks nothing of the store it leaves (protocol F8); a write still needs the others confirmed (F5)."""
    return ALWAYS + _of_verb(move)


def _of_verb(move: Move) -> tuple[Guard, ...]:
    if move.verb == "advance":
        return FORWARD[move.kind, move.after]
    if move.verb == "mirror":
        return (*SETTLED, mirrored)
    return SETTLED if move.kind is Kind.WRITE or move.verb != "rollback" else ()


def ask(move: Move) -> list[Answer]:
    return [guard(move) for guard in guards_of(move)]
