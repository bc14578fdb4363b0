"""`manage.py holders`: the processes that act on flags, and the last resort for one that is silent."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, ChatCommand, add_json
from migration.exceptions import Refused
from migration.holders.declaring import declare_dead
from migration.holders.listing import Listed, advice, listed
from migration.management.arguments import person
from migration.management.tables import table


def statement(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("say how the process was stopped, or its credentials revoked: the audit keeps it")
    return text


def number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ArgumentTypeError(f"{text!r} is not the number of a holder: see `manage.py holders list`")
    return int(text)


class Command(ChatCommand):
    help = "Shows the processes that act on flags, and declares one dead that is gone without a proof."
    example = "manage.py holders declare-dead 7 --how 'machine web-3 was switched off at 14:05, ticket 42'"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("list", help="live processes, and who is behind or silent")
        shown.add_argument("--all", action="store_true", help="also those that left or died")
        add_json(shown)
        dead = verbs.add_parser("declare-dead", help="nobody waits for it any more; every store must be compared anew")
        dead.add_argument("holder", type=number, metavar="ID")
        dead.add_argument("--how", type=statement, required=True, help="how it was stopped; kept in the audit")
        dead.add_argument("--actor", type=person, default="", help="who says so (default: the login name)")
        add_json(dead)

    def perform(self, **options: Any) -> None:
        if options["verb"] == "list":
            rows = listed(everyone=options["all"])
            data = {"holders": [row.as_json() for row in rows], "advice": advice(rows)}
            self.emit(data, _text(rows), as_json=options["as_json"])
        else:
            self._declare(options)

    def _declare(self, options: dict[str, Any]) -> None:
        try:
            holder = declare_dead(options["holder"], how=options["how"], actor=options["actor"] or getpass.getuser())
        except Refused as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        data = {"holder": holder.pk, "state": holder.state, "by": holder.declared_by, "how": holder.declared_how}
        text = (
            f"{holder} is declared dead. What its files held cannot be read from here and counts as lost, so no store "
            "but the one that decides writes is complete any more.\n"
            "Before the next move: `manage.py backfill start --wait`, then `manage.py parity run --wait`."
        )
        self.emit(data, text, as_json=options["as_json"])


def _text(rows: list[Listed]) -> str:
    if not rows:
        return "No live process acts on these flags. Start one with `make run`."
    head = ("ID", "KIND", "STATE", "MACHINE", "PID", "BACKEND", "SLOT", "EPOCH", "BEHIND", "SEEN", "FILES")
    cells = [
        (
            row.id,
            row.kind,
            row.state,
            row.machine or "?",
            row.pid,
            row.backend,
            "-" if row.slot is None else row.slot,
            row.epoch,
            "behind" if row.behind else "-",
            f"{row.seen_seconds:.0f} s ago",
            "?" if row.files_waiting is None else f"{row.files_waiting} bytes" if row.files_waiting else "-",
        )
        for row in rows
    ]
    return "\n".join([table(head, cells), *(["", *advice(rows)] if advice(rows) else [])])
