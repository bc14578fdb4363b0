"""`manage.py route`: where the endpoints stand, and their moves."""

from __future__ import annotations

import getpass
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from math import inf, nan
from typing import Any

from django.core.management.base import CommandError

from chat.data import Endpoint
from chat.management.base import REFUSED, WAITING, ChatCommand, add_json
from migration.enums import Phase
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting
from migration.management.interrupts import as_interrupts
from migration.management.tables import route_table, transition_line
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish
from migration.transitions.status import status


def percent(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 100:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to 100")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not 0 <= value < inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def words(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("say why: the audit keeps it")
    return text


class Command(ChatCommand):
    help = "Shows where each endpoint stands in the rollout, and moves endpoints from phase to phase."
    example = "manage.py route advance post_comment --reason 'start mirroring, ticket 42'"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("status", help="phases, flags, epoch, and the processes that act on them")
        shown.add_argument("--watch", action="store_true", help="show it again every two seconds, until Ctrl-C")
        add_json(shown)
        for verb, text in (
            ("advance", "one phase forward, once every guard passes"),
            ("rollback", "one phase back"),
            ("ramp", "change the share of rooms that the target answers"),
        ):
            self._add_move(verbs.add_parser(verb, help=text), verb)

    def _add_move(self, parser: ArgumentParser, verb: str) -> None:
        parser.add_argument("endpoint", choices=[endpoint.value for endpoint in Endpoint])
        if verb == "ramp":
            parser.add_argument("percent", type=percent)
        else:
            phases = [phase.value for phase in Phase]
            parser.add_argument("--to", choices=phases, help="refuse unless the step leads to this phase")
        parser.add_argument("--reason", type=words, required=verb != "ramp", help="kept in the audit")
        parser.add_argument("--actor", default="", help="who asks (default: the login name)")
        parser.add_argument(
            "--wait", type=seconds, metavar="SECONDS", help="how long to wait for every process to confirm"
        )
        add_json(parser)

    def perform(self, **options: Any) -> None:
        if options["verb"] == "status":
            with suppress(KeyboardInterrupt):
                self._status(watch=options["watch"], as_json=options["as_json"])
        else:
            self._move(options)

    def _status(self, *, watch: bool, as_json: bool) -> None:
        while True:
            now = status()
            self.emit(now, route_table(now), as_json=as_json)
            if not watch:
                return
            time.sleep(2)

    def _move(self, options: dict[str, Any]) -> None:
        wish = Wish(
            endpoint=Endpoint(options["endpoint"]),
            verb=options["verb"],
            actor=options["actor"] or getpass.getuser(),
            reason=options["reason"] or "",
            to=Phase(options["to"]) if options.get("to") else None,
            percent=options.get("percent"),
        )
        try:
            with as_interrupts():
                carry_out(wish, wait=options["wait"])
        except (IllegalMove, LostRace) as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        except Refused as error:
            reasons = "\n".join(f"  - {reason}" for reason in error.reasons)
            raise CommandError(f"refused, nothing has changed:\n{reasons}", returncode=REFUSED) from error
        except StillWaiting as error:
            raise CommandError(str(error), returncode=WAITING) from error
        except KeyboardInterrupt as error:
            raise CommandError("interrupted: see `manage.py route status`", returncode=REFUSED) from error
        now = status()
        self.emit(now, transition_line(now), as_json=options["as_json"])
