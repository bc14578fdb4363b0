"""`manage.py quarantine`: source items that cannot be mapped, and what becomes of each."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError

from chat.codec.faults import FaultCode
from chat.exceptions import StoreError, StoreUnavailable
from chat.management.base import REFUSED, USAGE, ChatCommand, add_json
from migration.enums import QuarantineState
from migration.exceptions import AuditBroken, LostRace, Refused
from migration.management.arguments import words
from migration.management.quarantinetext import entry_of, list_text, shown_text, whole_of
from migration.models import QuarantinedItem
from migration.quarantine.fixing import fix
from migration.quarantine.rules import FIELDS, WORDS, Mending
from migration.quarantine.search import chosen, counted, named
from migration.quarantine.waiving import waive, waive_code

CODES = [code.value for code in FaultCode]
STATES = [state.value for state in QuarantineState]
SHOWN = 100
MOST_SHOWN = 10_000
KEY = "an id, the 32 digits of its key, or NAME@TIME as printed"


class Command(ChatCommand):
    help = "Shows source items that cannot be mapped, fixes them with a named person's values, or leaves them behind."
    example = (
        "manage.py quarantine list --state open\n"
        "  manage.py quarantine fix 17 --set time=1700000001.5 --reason 'seconds, as its neighbours'\n"
        "  manage.py quarantine fix --code unknown_attribute --accept ignore-unknown-attribute:ttl --reason 'unused'\n"
        "  manage.py quarantine waive --code time_not_a_number --reason 'written by a test of 2019'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        self._add_list(verbs.add_parser("list", help="how many by reason and state, and the first of them"))
        show = verbs.add_parser("show", help="one item, whole")
        show.add_argument("key", metavar="KEY", help=KEY)
        add_json(show)
        self._add_fix(verbs.add_parser("fix", help="write items into the target, with values set or rules accepted"))
        self._add_waive(verbs.add_parser("waive", help="leave items behind: they stay here and block nothing"))
        export = verbs.add_parser("export", help="every item, whole, one JSON document a line")
        _add_choice(export)
        export.add_argument("--format", choices=["jsonl"], default="jsonl")
        export.add_argument("--json", action="store_true", help="the same: every line is a JSON document")

    def _add_list(self, parser: ArgumentParser) -> None:
        _add_choice(parser)
        parser.add_argument("--limit", type=_limit, default=SHOWN, metavar="N", help=f"items shown (default {SHOWN})")
        add_json(parser)

    def _add_fix(self, parser: ArgumentParser) -> None:
        _add_keys(parser)
        values = ", ".join(FIELDS)
        parser.add_argument(
            "--set", type=_setting, action="append", default=[], dest="values", metavar="FIELD=VALUE", help=values
        )
        rules = "; ".join(f"{rule}: {text}" for rule, text in WORDS.items())
        parser.add_argument("--accept", action="append", default=[], metavar="RULE", help=rules)
        parser.add_argument("--again", action="store_true", help="replace a fix that was made or begun before")

    def _add_waive(self, parser: ArgumentParser) -> None:
        _add_keys(parser)

    def perform(self, **options: Any) -> None:
        verbs = {
            "list": self._list,
            "show": self._show,
            "fix": self._fix,
            "waive": self._waive,
            "export": self._export,
        }
        try:
            verbs[options["verb"]](options)
        except (Refused, LostRace, AuditBroken) as error:
            raise CommandError(f"refused, nothing has changed: {error}", returncode=REFUSED) from error

    def _list(self, options: dict[str, Any]) -> None:
        rows = chosen(code=options["code"], state=options["state"])
        found, counts = rows.count(), counted()
        entries = [entry_of(row) for row in rows.defer("item", "fixed")[: options["limit"]]]
        data = {"found": found, "counts": counts, "items": entries}
        self.emit(data, list_text(counts, entries, found), as_json=options["as_json"])

    def _show(self, options: dict[str, Any]) -> None:
        whole = whole_of(named(options["key"]))
        self.emit(whole, shown_text(whole), as_json=options["as_json"])

    def _export(self, options: dict[str, Any]) -> None:
        for row in chosen(code=options["code"], state=options["state"]).iterator(chunk_size=100):
            self.stdout.write(json.dumps(whole_of(row)))

    def _waive(self, options: dict[str, Any]) -> None:
        actor, reason = _actor(options), options["reason"]
        _check_keys(options)
        if options["code"]:
            waived = waive_code(options["code"], actor=actor, reason=reason)
        else:
            waived = waive([named(key) for key in options["keys"]], actor=actor, reason=reason)
        text = f"{waived} left behind by {actor}."
        self.emit({"waived": waived, "by": actor, "reason": reason}, text, as_json=options["as_json"])

    def _fix(self, options: dict[str, Any]) -> None:
        _check_keys(options)
        try:
            mending = Mending(values=dict(options["values"]), accepted=options["accept"])
        except Refused as error:
            raise CommandError(str(error), returncode=USAGE) from error
        rows: Sequence[QuarantinedItem] = [named(key) for key in options["keys"]]
        if options["code"]:
            rows = list(chosen(code=options["code"], state=QuarantineState.OPEN))
        self._fix_each(rows, mending, options)

    def _fix_each(self, rows: Sequence[QuarantinedItem], mending: Mending, options: dict[str, Any]) -> None:
        """Each by itself: what is fixed stays fixed where another one cannot be."""
        fixed, failed = list[dict[str, Any]](), list[dict[str, Any]]()
        for row in rows:
            try:
                done = fix(
                    row,
                    mending=mending,
                    actor=_actor(options),
                    reason=options["reason"],
                    again=options["again"],
                )
            except StoreUnavailable:
                # So would the others be.
                raise
            except (Refused, LostRace, StoreError) as error:
                failed.append({"id": row.pk, "error": str(error)})
            else:
                fixed.append(whole_of(done))
        text = "\n\n".join([*map(shown_text, fixed), f"{len(fixed)} fixed, {len(failed)} not."])
        self.emit({"fixed": fixed, "failed": failed}, text, as_json=options["as_json"])
        if failed:
            told = "\n".join(f"{one['id']}: {one['error']}" for one in failed)
            raise CommandError(f"not fixed:\n{told}", returncode=REFUSED)


def _add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("--code", choices=CODES, default="", help="only those kept for this reason")
    parser.add_argument("--state", choices=STATES, default="", help="only those in this state")


def _add_keys(parser: ArgumentParser) -> None:
    parser.add_argument("keys", nargs="*", metavar="KEY", help=KEY)
    parser.add_argument("--code", choices=CODES, default="", help="instead: every open item kept for this reason")
    parser.add_argument("--reason", type=words, required=True, help="kept on the item and in the audit")
    parser.add_argument("--actor", default="", help="who answers for it (default: the login name)")
    add_json(parser)


def _check_keys(options: dict[str, Any]) -> None:
    if bool(options["keys"]) == bool(options["code"]):
        raise CommandError("name items by KEY..., or all open ones of a reason by --code, not both", returncode=USAGE)


def _actor(options: dict[str, Any]) -> str:
    return options["actor"].strip() or getpass.getuser()


def _setting(text: str) -> tuple[str, str]:
    name, is_set, value = text.partition("=")
    if not is_set or name not in FIELDS:
        raise ArgumentTypeError(f"{text!r} is not FIELD=VALUE with a field of {', '.join(FIELDS)}")
    return name, value


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= MOST_SHOWN):
        raise ArgumentTypeError(f"{text!r} is not a number of items from 1 to {MOST_SHOWN}")
    return int(text)
