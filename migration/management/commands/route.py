"""`manage.py route`: where the endpoints stand, and their moves."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError

from chat.data import Endpoint, StoreId
from chat.management.base import REFUSED, ChatCommand, add_json
from migration.enums import MirrorMode, Phase
from migration.management import routeverbs as verbs
from migration.management.arguments import add_reason, add_wait, epoch, number, percent
from migration.management.outcomes import as_exit_codes
from migration.management.routetext import plan_table, route_table, transition_line
from migration.models import Transition
from migration.transitions.preview import preview
from migration.transitions.status import status, transition_json

PHASES = [phase.value for phase in Phase]
SHARES = ("ramp", "shadow")
STORES = [store.value for store in StoreId]
MODES = [mode.value for mode in MirrorMode]


class Command(ChatCommand):
    help = "Shows where each endpoint stands in the rollout, and moves endpoints from phase to phase."
    example = "manage.py route advance post_comment --reason 'start mirroring, ticket 42'"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self._verbs = parser.add_subparsers(dest="verb", required=True)
        shown = self._verb("status", "phases, flags, epoch, requests, and the processes that act on them")
        shown.add_argument("--watch", action="store_true", help="show it again every two seconds, until Ctrl-C")
        self._verb("transition", "one transition or request").add_argument("id", type=number)
        self._add_plan()
        self._add_moves()
        self._add_requests()
        self._add_switches()

    def _verb(self, verb: str, text: str) -> ArgumentParser:
        parser: ArgumentParser = self._verbs.add_parser(verb, help=text, description=text)
        add_json(parser)
        return parser

    def _add_plan(self) -> None:
        parser = self._verb("plan", "what a move would do, and which guard refuses it; changes nothing")
        _add_endpoint(parser)
        parser.add_argument("--to", choices=PHASES, help="the phase you think it leads to")
        parser.add_argument(
            "--verb", dest="planned", choices=("advance", "rollback", "mirror", *SHARES), default="advance"
        )
        parser.add_argument("--mode", choices=MODES, help="the mode, for --verb mirror")
        parser.add_argument("--percent", type=percent, help="the share, for --verb ramp or shadow")

    def _add_moves(self) -> None:
        for verb, text in (("advance", "one phase forward, once every guard passes"), ("rollback", "one phase back")):
            parser = self._verb(verb, text)
            _add_endpoint(parser)
            parser.add_argument("--to", choices=PHASES, help="refuse unless the step leads to this phase")
            add_reason(parser, required=True)
            add_wait(parser)
        for verb, text in (
            ("ramp", "change the share of rooms that the target answers"),
            ("shadow", "change the share of requests that the store is asked which does not answer"),
        ):
            parser = self._verb(verb, text)
            _add_endpoint(parser)
            parser.add_argument("percent", type=percent)
            add_reason(parser, required=False)
            add_wait(parser)
        parser = self._verb("mirror", "whether a client's answer waits for the mirror; only in dual")
        _add_endpoint(parser)
        parser.add_argument("mode", choices=MODES)
        add_reason(parser, required=True)
        add_wait(parser)
        parser = self._verb("drill", "one step back and on again, to know that the way back works")
        _add_endpoint(parser)
        add_reason(parser, required=True)
        add_wait(parser)

    def _add_requests(self) -> None:
        for verb, text, required in (
            ("approve", "the second person's yes; carries the move out", False),
            ("withdraw", "end a request that has not begun", True),
        ):
            parser = self._verb(verb, text)
            parser.add_argument("id", type=number)
            add_reason(parser, required=required)
            if verb == "approve":
                add_wait(parser)

    def _add_switches(self) -> None:
        add_reason(self._verb("freeze", "stop every move, backfill and parity"), required=True)
        add_reason(self._verb("thaw", "end the freeze"), required=True)
        restored = self._verb("restored", "go on after an older copy of the control database was restored")
        restored.add_argument(
            "--above", type=epoch, required=True, metavar="EPOCH", help="the highest epoch any process acted under"
        )
        restored.add_argument(
            "--authority", choices=STORES, required=True, metavar="STORE", help="the store that decided writes last"
        )
        add_reason(restored, required=True)

    def perform(self, **options: Any) -> None:
        shows = {"status": self._status, "transition": self._transition, "plan": self._plan}
        if options["verb"] in shows:
            shows[options["verb"]](options)
            return
        with as_exit_codes():
            said, shown = verbs.VERBS[options["verb"]](options)
        self.emit({**status(), **shown}, said, as_json=options["as_json"])

    def _status(self, options: dict[str, Any]) -> None:
        with suppress(KeyboardInterrupt):
            while True:
                now = status()
                self.emit(now, route_table(now), as_json=options["as_json"])
                if not options["watch"]:
                    return
                time.sleep(2)

    def _transition(self, options: dict[str, Any]) -> None:
        with as_exit_codes():
            found = transition_json(Transition.objects.get(pk=options["id"]))
        self.emit(found, transition_line(found), as_json=options["as_json"])

    def _plan(self, options: dict[str, Any]) -> None:
        if (options["planned"] in SHARES) != (options["percent"] is not None):
            raise CommandError("--percent belongs to --verb ramp and --verb shadow, and they need it", returncode=2)
        if (options["planned"] == "mirror") != (options["mode"] is not None):
            raise CommandError("--mode belongs to --verb mirror, and it needs one", returncode=2)
        with as_exit_codes():
            plan = preview(verbs.wish_of({**options, "verb": options["planned"], "reason": "", "actor": ""}))
        self.emit(plan.as_json(), plan_table(plan.as_json()), as_json=options["as_json"])
        if not plan.ok:
            failed = [answer.name for answer in plan.answers if not answer.ok]
            raise CommandError(f"it would be refused: {', '.join(failed)}", returncode=REFUSED)


def _add_endpoint(parser: ArgumentParser) -> None:
    parser.add_argument("endpoint", choices=[endpoint.value for endpoint in Endpoint])
