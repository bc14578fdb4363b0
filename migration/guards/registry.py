"""Which guards each move asks, as data (protocol C8)."""

from __future__ import annotations

from migration.enums import Kind, Phase
from migration.guards.answer import Answer, Guard, Move
from migration.guards.complete import complete
from migration.guards.confirmed import confirmed
from migration.guards.debts import debts
from migration.guards.ramped import ramped
from migration.guards.vector import vector

ALWAYS: tuple[Guard, ...] = (vector, complete)

FORWARD: dict[tuple[Kind, Phase], tuple[Guard, ...]] = {
    (Kind.WRITE, Phase.DUAL): (confirmed,),
    # Debts to the new authority are drained and counted inside the hold (protocol F6), not before it.
    (Kind.WRITE, Phase.CUTOVER): (confirmed, ramped),
    (Kind.WRITE, Phase.DECOMMISSION): (confirmed, debts),
    (Kind.READ, Phase.DUAL): (confirmed,),
    (Kind.READ, Phase.SHADOW): (confirmed,),
    (Kind.READ, Phase.CUTOVER): (confirmed, debts),
    (Kind.READ, Phase.DECOMMISSION): (confirmed, ramped, debts),
}


def guards_of(move: Move) -> tuple[Guard, ...]:
    """Going back asks nothing of the store it leaves (protocol F8); a write still needs the others confirmed (F5)."""
    if move.verb == "advance":
        return ALWAYS + FORWARD[move.kind, move.after]
    return ALWAYS + ((confirmed,) if move.kind is Kind.WRITE or move.verb != "rollback" else ())


def ask(move: Move) -> list[Answer]:
    return [guard(move) for guard in guards_of(move)]
