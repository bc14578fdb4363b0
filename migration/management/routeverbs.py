"""What each verb of `route` calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from chat.data import Endpoint
from chat.management.base import REFUSED
from migration.enums import MirrorMode, Phase
from migration.flags.restored import raise_epoch_above
from migration.management.arguments import actor_of
from migration.management.routetext import transition_line
from migration.models import Transition
from migration.transitions.carrying import run
from migration.transitions.drills import drill
from migration.transitions.freezing import freeze, thaw
from migration.transitions.planning import Wish
from migration.transitions.requests import approve, move_now, withdraw
from migration.transitions.status import drill_json, transition_json

Options = dict[str, Any]
Said = tuple[str, dict[str, Any]]
"""The sentence it ends with, and what its JSON shows beside the status."""


def wish_of(options: Options) -> Wish:
    return Wish(
        endpoint=Endpoint(options["endpoint"]),
        verb=options["verb"],
        actor=actor_of(options).name,
        reason=options["reason"] or "",
        to=Phase(options["to"]) if options.get("to") else None,
        percent=options.get("percent"),
        mirror=MirrorMode(options["mode"]) if options.get("mode") else None,
    )


def _move(options: Options) -> Said:
    return _told(move_now(wish_of(options), actor_of(options), wait=options["wait"]))


def _told(transition: Transition) -> Said:
    shown = transition_json(transition)
    return transition_line(shown), {"transition": shown}


def _approve(options: Options) -> Said:
    """Carried out here, so that the exit code tells how it ended."""
    approved = approve(options["id"], actor_of(options), reason=options["reason"] or "", start=False)
    return _told(run(approved.pk, wait=options["wait"]))


def _withdraw(options: Options) -> Said:
    return _told(withdraw(options["id"], actor_of(options), reason=options["reason"]))


def _drill(options: Options) -> Said:
    done = drill(Endpoint(options["endpoint"]), actor_of(options), reason=options["reason"], wait=options["wait"])
    what = f"drill {done.pk} of {done.endpoint}, {done.from_phase} to {done.to_phase} and back"
    if not done.passed:
        raise CommandError(f"{what}: failed, {done.detail}", returncode=REFUSED)
    return f"{what}: passed in {done.seconds or 0:.1f} s", {"drill": drill_json(done)}


def _freeze(options: Options) -> Said:
    freeze(actor_of(options), reason=options["reason"])
    return "frozen: no move, no backfill and no parity until `manage.py route thaw`; debts are paid all the same", {}


def _thaw(options: Options) -> Said:
    thaw(actor_of(options), reason=options["reason"])
    return "thawed: backfill and parity go on; give refused moves anew", {}


def _restored(options: Options) -> Said:
    epoch = raise_epoch_above(
        options["above"], authority=options["authority"], actor=actor_of(options).name, reason=options["reason"]
    )
    return (
        f"on from epoch {epoch}; no store but the authority counts as complete: fill the other one by a backfill, and "
        "compare both ways, before any move"
    ), {}


VERBS: dict[str, Callable[[Options], Said]] = {
    "advance": _move,
    "rollback": _move,
    "ramp": _move,
    "shadow": _move,
    "mirror": _move,
    "drill": _drill,
    "approve": _approve,
    "withdraw": _withdraw,
    "freeze": _freeze,
    "thaw": _thaw,
    "restored": _restored,
}
