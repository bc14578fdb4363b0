"""`manage.py rehearse`: the whole rollout on local engines, under live traffic, judged at the end."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from chat.conf import env
from chat.management.base import REFUSED, ChatCommand
from migration.exceptions import ControlError
from migration.rehearsal.checker.sabotage import SABOTAGES
from migration.rehearsal.performance import Plan, judge, play, prepare
from migration.rehearsal.recording import Record
from migration.rehearsal.screen import Screen
from migration.rehearsal.stage.crew import Crew, control_url, crew
from migration.rehearsal.stage.ground import NotOurs, require_local
from migration.rehearsal.stage.places import Places
from migration.rehearsal.stage.web import free_port


def bounded(lowest: int, highest: int) -> Any:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ArgumentTypeError(f"{text!r} is not a whole number from {lowest} to {highest}")
        return int(text)

    return parse


class Command(ChatCommand):
    help = (
        "Moves a seeded table through every phase while clients post and read, rolls back twice on the way, and has "
        "an independent checker judge it. On local engines only; with a control database of its own."
    )
    example = "manage.py rehearse --report var/rehearsal-report.json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        report = settings.VAR_DIR / "rehearsal-report.json"
        parser.add_argument("--report", type=Path, default=report, help="where the report goes (JSON)")
        parser.add_argument("--comments", type=bounded(100, 5_000_000), default=20_000, help="comments to seed")
        parser.add_argument("--rooms", type=bounded(2, 100_000), default=50, help="rooms to seed")
        parser.add_argument("--seed", type=bounded(0, 2**31), default=1, help="of the generated data")
        parser.add_argument("--seconds", type=bounded(30, 1500), default=60, help="traffic lasts at least this long")
        parser.add_argument(
            "--minimum", type=bounded(1, 10**6), default=1000, help="acknowledged posts the checker asks for"
        )
        parser.add_argument("--reset", action="store_true", help="delete table and keyspace whoever made them")
        parser.add_argument(
            "--no-outage", action="store_false", dest="outage", help="do not stop the CQL engine on the way"
        )
        parser.add_argument("--keep", action="store_true", help="leave web, workers and beat running at the end")
        parser.add_argument("--sabotage", choices=sorted(SABOTAGES), help="damage a store before the check")

    def perform(self, **options: Any) -> None:
        places = Places(settings.VAR_DIR / "rehearsal")
        try:
            require_local()
        except NotOurs as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        if env().control_database_url != control_url(places):
            begin_anew(places)
        self._perform(_plan(options), places, keep=options["keep"])

    def _perform(self, plan: Plan, places: Places, *, keep: bool) -> None:
        record = Record(Screen(), places.marks)
        performers = crew(places, env())
        record.screen.heading(f"Rehearsal: DynamoDB to CQL, {plan.comments} comments in {plan.rooms} rooms")
        try:
            code = self._act(plan, places, record, performers)
        except KeyboardInterrupt:
            raise CommandError("interrupted; every process of the rehearsal has been ended") from None
        finally:
            if keep and not sys.exc_info()[0]:
                performers.leave_running()
            else:
                performers.children.stop_all()
        if keep:
            self.stdout.write(f"The service stays up at http://127.0.0.1:{env().web_port}/chat (end it: make down)")
        if code:
            raise CommandError(f"the rehearsal failed: see {plan.report}", returncode=REFUSED)

    def _act(self, plan: Plan, places: Places, record: Record, performers: Crew) -> int:
        """The moves end at the first failure, but what happened until then is judged and reported."""
        failure: Exception | None = None
        try:
            prepare(plan, places, record, performers)
            play(plan, record, performers)
        except (CommandError, ControlError) as error:
            failure = error
        if not places.traffic.exists():
            raise CommandError(str(failure), returncode=getattr(failure, "returncode", REFUSED))
        with record.step("traffic ended"):
            performers.stop_traffic()
        record.screen.heading("Verdict of the checker, from both stores and the traffic's own log")
        return judge(plan, places, record)


def begin_anew(places: Places) -> None:
    """Starts this command again, with an empty control database and a web port of its own."""
    places.folder.mkdir(parents=True, exist_ok=True)
    places.clear()
    own = {
        "DATABASE_URL": control_url(places),
        "WEB_PORT": str(free_port(env().web_port)),
        "CHAT_DEBUG_HEADERS": "1",
        "DB_BACKEND": "routed",
    }
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], dict(os.environ) | own)


def _plan(options: dict[str, Any]) -> Plan:
    names = ("report", "comments", "rooms", "seed", "seconds", "minimum", "reset", "outage", "sabotage")
    return Plan(**{name: options[name] for name in names}, var=settings.VAR_DIR)
