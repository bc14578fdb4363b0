"""`manage.py ledger`: comments one store has and the other is owed."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, UNREACHABLE, ChatCommand, add_json
from chat.stores.registry import open_store
from migration.exceptions import AuditBroken, Refused
from migration.flags.acting import taking_part
from migration.holders.kinds import COMMAND
from migration.ledger.accounts import accounts, sweep_figures
from migration.ledger.drain import drain_everything
from migration.ledger.search import find
from migration.ledger.waiving import waive
from migration.management.arguments import person
from migration.management.ledgertext import entry_of, grouped, shown_text, status_text, stuck
from migration.models import Debt

MOST_FOUND = 100
LARGEST_ID = 2**63 - 1


class Command(ChatCommand):
    help = "Shows, pays and gives up entries of the ledger: comments one store has and the other is owed."
    example = (
        "manage.py ledger status\n  manage.py ledger show ann@1700000001.5\n"
        "  manage.py ledger waive 17 --reason 'the room was closed on request'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add_json(verbs.add_parser("status", help="how much is owed, since when, and how fast it is paid"))
        add_json(verbs.add_parser("drain", help="pay what can be paid, now, in this process"))
        show = verbs.add_parser("show", help="everything the ledger knows about one comment")
        show.add_argument("key", metavar="KEY", help="an entry's id, NAME@TIME, or a name")
        add_json(show)
        self._add_waive(verbs.add_parser("waive", help="give one entry up: the store owed will not get the comment"))

    def _add_waive(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=_entry_id, metavar="ID", help="the entry's id, see `ledger show`")
        parser.add_argument("--reason", type=_words, required=True, help="kept on the entry and in the audit")
        parser.add_argument("--actor", type=person, default="", help="who gives it up (default: the login name)")
        add_json(parser)

    def perform(self, **options: Any) -> None:
        {"status": self._status, "drain": self._drain, "show": self._show, "waive": self._waive}[options["verb"]](
            options
        )

    def _status(self, options: dict[str, Any]) -> int:
        entries, why, now, swept = grouped(), stuck(), accounts(), sweep_figures()
        data = {
            "unpaid": now.depth,
            "entries": entries,
            "stuck": why,
            **now.as_json(),
            "sweep": swept.as_json() if swept else None,
        }
        self.emit(data, status_text(entries, why, now, swept), as_json=options["as_json"])
        return now.depth

    def _drain(self, options: dict[str, Any]) -> None:
        with taking_part(COMMAND):
            away = drain_everything(open_store).away
        left = self._status(options)
        if left:
            reason = f"{', '.join(sorted(away))} cannot be reached" if away else "not everything could be paid"
            told = f"{reason}: {left} comments are still owed, see `manage.py ledger status`"
            raise CommandError(told, returncode=UNREACHABLE if away else REFUSED)

    def _show(self, options: dict[str, Any]) -> None:
        found = find(options["key"])
        entries = [entry_of(debt) for debt in found[:MOST_FOUND]]
        if not entries:
            known = "no entry has this id, this NAME@TIME or this name"
            raise CommandError(f"nothing is known of {options['key']!r}: {known}", returncode=REFUSED)
        found_in_all = found.count()
        data = {"found": found_in_all, "entries": entries}
        self.emit(data, shown_text(entries, found_in_all), as_json=options["as_json"])

    def _waive(self, options: dict[str, Any]) -> None:
        actor = options["actor"] or getpass.getuser()
        try:
            entry = entry_of(waive(options["id"], actor=actor, reason=options["reason"]))
        except Debt.DoesNotExist as error:
            raise CommandError(f"there is no entry {options['id']} in the ledger", returncode=REFUSED) from error
        except (Refused, AuditBroken) as error:
            raise CommandError(f"refused, nothing has changed: {error}", returncode=REFUSED) from error
        self.emit(entry, f"Given up by {actor}.\n\n{shown_text([entry], 1)}", as_json=options["as_json"])


def _entry_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_ID):
        raise ArgumentTypeError(f"{text!r} is not the id of an entry (a positive number, see `ledger show`)")
    return int(text)


def _words(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("a reason has at least one word")
    return text.strip()
