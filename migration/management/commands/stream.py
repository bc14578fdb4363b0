"""`manage.py stream`: follows the source table's changes into the target."""

from __future__ import annotations

import getpass
import math
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, WAITING, ChatCommand, add_json
from migration.exceptions import Refused
from migration.flags.acting import taking_part
from migration.flags.freeze import frozen
from migration.holders.kinds import COMMAND
from migration.management.interrupts import as_interrupts
from migration.models import Stream
from migration.stream.enabling import current, enable
from migration.stream.lag import lag_of, records_behind
from migration.stream.working import tail

ROUND_SECONDS = 5.0
"""After each, progress is shown."""


class Command(ChatCommand):
    help = "Follows DynamoDB Streams: changes of the source table, applied to the target."
    example = "manage.py stream enable --reason 'before the backfill'\n  manage.py stream run --seconds 60"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        start = verbs.add_parser("enable", help="switch the stream of the source table on, and follow it from here")
        start.add_argument("--actor", default="", help="who asks (default: the login name)")
        start.add_argument("--reason", default="", help="why, for the audit")
        add_json(start)
        status = verbs.add_parser("status", help="how far behind the target is; exit 1 on alarm or a gap")
        status.add_argument("--count", action="store_true", help="read ahead and count the records that wait")
        add_json(status)
        run = verbs.add_parser("run", help="follow in this process, without Celery")
        run.add_argument("--seconds", type=_seconds, help="end after so long (default: until interrupted)")
        add_json(run)

    def perform(self, **options: Any) -> None:
        try:
            {"enable": self._enable, "status": self._status, "run": self._run}[options["verb"]](options)
        except Refused as error:
            raise CommandError(f"refused: {error}", returncode=REFUSED) from error

    def _enable(self, options: dict[str, Any]) -> None:
        actor = options["actor"].strip() or getpass.getuser()
        stream = enable(actor=actor, reason=options["reason"])
        self._show(stream, options)

    def _status(self, options: dict[str, Any]) -> None:
        stream = current()
        self._show(stream, options)
        lag = lag_of(stream)
        if lag.level in ("alarm", "gap"):
            todo = (
                "run `manage.py backfill start` while `stream run` or a worker goes on" if lag.gap else "start a worker"
            )
            raise CommandError(f"{lag.gap or f'{lag.seconds:.0f} s behind'}; {todo}", returncode=REFUSED)

    def _run(self, options: dict[str, Any]) -> None:
        stream = current()
        left = options["seconds"] if options["seconds"] is not None else math.inf
        try:
            with as_interrupts(), taking_part(COMMAND):
                self._follow(stream, left, quiet=options["as_json"])
        except KeyboardInterrupt:
            raise CommandError("interrupted; `manage.py stream run` goes on", returncode=WAITING) from None
        self._show(stream, options)

    def _follow(self, stream: Stream, left: float, *, quiet: bool) -> None:
        while left > 0:
            if (why := frozen()) is not None:
                raise Refused([why])
            tail(stream, seconds=min(left, ROUND_SECONDS))
            left -= ROUND_SECONDS
            if not quiet:
                now = lag_of(stream)
                self.stdout.write(f"{now.level}: {now.seconds:.1f} s behind, {now.applied} applied, {now.drift} drift")
                self.stdout.flush()

    def _show(self, stream: Stream, options: dict[str, Any]) -> None:
        data = {"arn": stream.arn, "table": stream.source_table, **lag_of(stream).as_json()}
        if options.get("count"):
            data["records"], data["records_exact"] = records_behind(stream)
        lines = [f"{name}: {value}" for name, value in data.items() if value != ""]
        self.emit(data, "\n".join(lines), as_json=options["as_json"])


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
