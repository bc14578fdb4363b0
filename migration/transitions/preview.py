"""A dry run: the plan, the guards and the change of the real move, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migration.enums import HolderState
from migration.flags.phases import moves_authority
from migration.guards.answer import Answer, Move
from migration.guards.registry import ask
from migration.models import Holder
from migration.transitions.approvals import approval_needed
from migration.transitions.behind import Behind, behind
from migration.transitions.effect import effect_of
from migration.transitions.hold import new_authority
from migration.transitions.moving import change_of
from migration.transitions.paying import nothing_owed
from migration.transitions.planning import Wish, plan
from migration.transitions.recovery import unfinished


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. `notes` are sentences about what the move would wait for; they are no refusals."""

    endpoint: str
    verb: str
    before: str
    after: str
    percent: int | None
    epoch: int
    steps: tuple[str, ...]
    answers: tuple[Answer, ...]
    holders: int
    missing: tuple[Behind, ...]
    effect: tuple[str, ...]
    notes: tuple[str, ...]
    approval_needed: bool

    @property
    def ok(self) -> bool:
        """Every guard passes as things are."""
        return all(answer.ok for answer in self.answers)

    def as_json(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "verb": self.verb,
            "from": self.before,
            "to": self.after,
            "percent": self.percent,
            "epoch": self.epoch,
            "ok": self.ok,
            "steps": list(self.steps),
            "guards": [answer.as_json() for answer in self.answers],
            "holders": self.holders,
            "missing": [one.as_json() for one in self.missing],
            "effect": list(self.effect),
            "notes": list(self.notes),
            "approval_needed": self.approval_needed,
        }


def preview(wish: Wish) -> Preview:
    """Raises `IllegalMove` as the move would."""
    move = plan(wish)
    needs_approval, answers = approval_needed(wish, move), tuple(ask(move))
    return Preview(
        endpoint=wish.endpoint.value,
        verb=wish.verb,
        before=move.before.value,
        after=move.after.value,
        percent=move.percent,
        epoch=move.rollout.epoch,
        steps=_steps(move, answers, needs_approval=needs_approval),
        answers=answers,
        holders=Holder.objects.filter(state=HolderState.LIVE).count(),
        missing=tuple(behind(move.rollout.epoch)),
        effect=effect_of(move, change_of(move)),
        notes=_notes(wish, move),
        approval_needed=needs_approval,
    )


def _steps(move: Move, answers: tuple[Answer, ...], *, needs_approval: bool) -> tuple[str, ...]:
    """In the order in which the real move takes them."""
    epoch = move.rollout.epoch + 1
    approval = ["requested: an approver who did not request it approves it"] if needs_approval else []
    guards = f"guards: {', '.join(answer.name for answer in answers)}"
    if not moves_authority(move.kind, move.before, move.after):
        return (*approval, guards, f"flip: epoch {epoch}", "confirmed: every live process acts under it")
    return (
        *approval,
        guards,
        f"hold: epoch {epoch}, no write is admitted; every older write ends",
        f"drain: what {new_authority(move)} is owed is paid, or the move goes back",
        f"flip: epoch {epoch + 1}, {new_authority(move)} decides and waiting writers go on",
        "confirmed: every live process acts under it",
    )


def _notes(wish: Wish, move: Move) -> tuple[str, ...]:
    notes = []
    left = unfinished()
    if left is not None and wish.overtakes:
        notes.append(f"transition {left.pk} ({left.verb} {left.endpoint}) is unfinished: it is aborted or overtaken")
    elif left is not None:
        notes.append(f"transition {left.pk} ({left.verb} {left.endpoint}) is unfinished: it ends first")
    if moves_authority(move.kind, move.before, move.after):
        owed = nothing_owed(new_authority(move))
        notes += [] if owed.ok else [f"{owed.reason}: paid inside the hold, or the move goes back"]
    return tuple(notes)
