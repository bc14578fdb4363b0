"""`manage.py backfill`: copies the whole source table into the target, or fills the source up again."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import USAGE, add_json
from migration.backfill import runs
from migration.backfill.working import work
from migration.enums import RunKind, Way
from migration.management import backfillreport
from migration.management.runarguments import per_second, run_number, segments
from migration.management.runcommand import RunCommand
from migration.models import Run
from migration.segments import steering

LIMITS = {
    "--rows-per-second": "items copied",
    "--read-units": "read capacity units of DynamoDB",
}
COLUMNS = {"rows_per_second": "rows_per_second", "read_units": "read_units_per_second"}


class Command(RunCommand):
    help = "Copies every item of the source table into the target, resumably, with accounts that balance."
    example = "manage.py backfill start --segments 4 --wait"
    kind = RunKind.BACKFILL
    work = staticmethod(work)
    close = staticmethod(runs.close_if_done)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        start = verbs.add_parser("start", help="begin a run")
        ways = "; ".join(f"{way.value}: {way.label}" for way in Way)
        start.add_argument("--source", choices=[way.value for way in Way], default=Way.SCAN.value, help=ways)
        start.add_argument(
            "--segments",
            type=segments,
            default=runs.DEFAULT_SEGMENTS,
            help="parts that are read side by side (not by rooms: there each room is one)",
        )
        self.add_start_arguments(start)
        self.add_steering(verbs)
        self._add_rate(verbs)
        status = verbs.add_parser("status", help="the last run: accounts, rate, time left, and what slows it")
        status.add_argument("run", type=run_number, nargs="?", metavar="RUN", help="another run than the last")
        status.add_argument("--segments", action="store_true", dest="each", help="with a line for each segment")
        add_json(status)

    def _add_rate(self, verbs: Any) -> None:
        rate = verbs.add_parser("rate", help="limit a run, all its workers together, from their next page on")
        rate.add_argument("run", type=run_number, nargs="?", metavar="RUN", help="number of the run")
        # Left out is not the same as none: what is not named stays as it is.
        for name, text in LIMITS.items():
            rate.add_argument(name, type=per_second, default=SUPPRESS, metavar="N", help=f"{text}; none: no limit")
        self.add_audit_arguments(rate)

    def perform(self, **options: Any) -> None:
        verb = options["verb"]
        if verb == "status":
            self._status(options)
        elif verb == "start":
            self.carry_out(partial(_begin, options), options)
        elif verb == "rate":
            self._rate(options)
        else:
            self.perform_steering(options)

    def _status(self, options: dict[str, Any]) -> None:
        run = self.last() if options["run"] is None else runs.close_if_done(self.named(options["run"]).pk)
        if options["each"]:
            self._each = True
        self.report(run, as_json=options["as_json"])

    def _rate(self, options: dict[str, Any]) -> None:
        given = {column: options[name] for name, column in COLUMNS.items() if name in options}
        if not given:
            raise CommandError("name a limit: --rows-per-second N, --read-units N, or both", returncode=USAGE)
        self.steer(partial(steering.set_rate, limits=given), options)

    _each = False

    def as_json(self, run: Run) -> dict[str, Any]:
        return backfillreport.as_json(run, each=self._each)

    def as_text(self, run: Run) -> str:
        return backfillreport.as_text(run, each=self._each)

    def line(self, run: Run) -> str:
        return backfillreport.line(run)


def _begin(options: dict[str, Any], actor: str) -> Run:
    way = Way(options["source"])
    return runs.start(segments=options["segments"], actor=actor, way=way, reason=options["reason"])
