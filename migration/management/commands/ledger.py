"""`manage.py ledger`: comments one store has and the other is owed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Count, Min

from chat.management.base import REFUSED, UNREACHABLE, ChatCommand, add_json
from chat.stores.registry import open_store
from migration.ledger.drain import drain_everything
from migration.ledger.entries import UNPAID
from migration.management.tables import table
from migration.models import Debt

MOST_SHOWN = 20


class Command(ChatCommand):
    help = "Shows and pays the ledger: comments one store has and the other is owed."
    example = "manage.py ledger status"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add_json(verbs.add_parser("status", help="entries by store and state, and the oldest one"))
        add_json(verbs.add_parser("drain", help="pay what can be paid, now, in this process"))

    def perform(self, **options: Any) -> None:
        away = drain_everything(open_store).away if options["verb"] == "drain" else set()
        entries, stuck = _entries(), _stuck()
        data = {"unpaid": sum(row["entries"] for row in entries), "entries": entries, "stuck": stuck}
        self.emit(data, _text(entries, stuck), as_json=options["as_json"])
        if options["verb"] == "drain" and entries:
            reason = f"{', '.join(sorted(away))} cannot be reached" if away else "not everything could be paid"
            left = f"{reason}: {data['unpaid']} comments are still owed, see `manage.py ledger status`"
            raise CommandError(left, returncode=UNREACHABLE if away else REFUSED)


def _entries() -> list[dict[str, Any]]:
    """Unpaid entries by store and state, with the oldest of each."""
    rows = Debt.objects.filter(state__in=UNPAID).values("owed", "state")
    grouped = rows.annotate(entries=Count("pk"), oldest=Min("created_at")).order_by("owed", "state")
    return [row | {"oldest": row["oldest"].isoformat(timespec="seconds")} for row in grouped]


def _stuck() -> list[dict[str, Any]]:
    """The first entries that were tried in vain, and why: what an operator has to mend."""
    tried = Debt.objects.filter(state__in=UNPAID).exclude(last_error="").order_by("pk")
    return [
        {
            "id": debt.pk,
            "state": debt.state,
            "owed": debt.owed,
            "room": debt.room,
            "name": debt.name,
            "time": debt.comment.time,
            "attempts": debt.attempts,
            "error": debt.last_error,
        }
        for debt in tried[:MOST_SHOWN]
    ]


def _text(entries: list[dict[str, Any]], stuck: list[dict[str, Any]]) -> str:
    if not entries:
        return "Nothing is owed to any store."
    head = ("OWED TO", "STATE", "ENTRIES", "OLDEST (UTC)")
    rows = [(row["owed"], row["state"], row["entries"], row["oldest"][:19]) for row in entries]
    reasons = [
        f"  {one['id']} {one['state']}: {one['name']!r} at {one['time']} in {one['room']!r}: {one['error']}"
        for one in stuck
    ]
    return "\n".join([table(head, rows), *(["", "Tried in vain:", *reasons] if reasons else [])])
