"""What `backfill` and `parity` share: start, wait, work inline, steer, show."""

from __future__ import annotations

import getpass
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, UNREACHABLE, WAITING, ChatCommand, add_json
from migration.enums import UNFINISHED, RunKind, RunState
from migration.exceptions import NoWorker, Refused
from migration.management.arguments import person
from migration.management.interrupts import as_interrupts
from migration.management.runarguments import run_number
from migration.management.waiting import Close, Work, check_workers, dispatch, wait_for, work_inline
from migration.models import Run
from migration.segments import steering

SHOW_SECONDS = 2.0

Steer = Callable[..., Run]
STEERS: dict[str, Steer] = {"pause": steering.pause, "cancel": steering.cancel}
HELP = {
    "pause": "stop after the pages under way; `resume` goes on",
    "cancel": "give the run up for good, and say what was copied",
    "resume": "go on with a run that was paused or interrupted, and try again what was set aside",
}


class RunCommand(ChatCommand):
    """Subclasses set `kind`, `work`, `close`, and say how a run looks (`as_json`, `as_text`, `line`)."""

    kind: RunKind
    work: Work
    close: Close

    def add_start_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="stay until it has ended, with progress")
        parser.add_argument("--inline", action="store_true", help="work in this process, without Celery")
        self.add_audit_arguments(parser)

    def add_audit_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--actor", type=person, default="", help="who asks (default: the login name)")
        parser.add_argument("--reason", default="", help="why, for the audit")
        add_json(parser)

    def add_steering(self, verbs: Any) -> None:
        """`pause`, `resume` and `cancel`. What cannot be undone wants its run named."""
        for verb, text in HELP.items():
            parser = verbs.add_parser(verb, help=text)
            parser.add_argument(
                "run", type=run_number, nargs=None if verb == "cancel" else "?", metavar="RUN", help="number of the run"
            )
            if verb == "resume":
                self.add_start_arguments(parser)
            else:
                self.add_audit_arguments(parser)

    def perform_steering(self, options: dict[str, Any]) -> None:
        if options["verb"] == "resume":
            self.carry_out(partial(self.resumed, options["run"], options["reason"]), options)
        else:
            self.steer(STEERS[options["verb"]], options)

    def steer(self, change: Steer, options: dict[str, Any]) -> None:
        try:
            run = self.named(options["run"])
            changed = change(run.pk, actor=self.actor(options), reason=options["reason"])
        except Refused as error:
            raise CommandError(f"refused, nothing was changed: {error}", returncode=REFUSED) from error
        self.emit(self.as_json(changed), self.as_text(changed), as_json=options["as_json"])

    def actor(self, options: dict[str, Any]) -> str:
        return options["actor"] or getpass.getuser()

    def carry_out(self, begin: Callable[[str], Run], options: dict[str, Any]) -> None:
        try:
            if not options["inline"]:
                check_workers(self.kind)
            run = begin(self.actor(options))
        except NoWorker as error:
            raise CommandError(str(error), returncode=UNREACHABLE) from error
        except Refused as error:
            raise CommandError(f"refused, nothing was started: {error}", returncode=REFUSED) from error
        self.follow(run, options)

    def resumed(self, number: int | None, reason: str, actor: str) -> Run:
        """Where workers, or a command that worked inline, left off. Raises `Refused`."""
        return steering.resume(self.named(number).pk, actor=actor, reason=reason)

    def named(self, number: int | None) -> Run:
        """The run of that number, or the one that is unfinished or was left with segments set aside. Raises `Refused`
        if there is none such."""
        runs = Run.objects.filter(kind=self.kind)
        if number is not None:
            run = runs.filter(pk=number).first()
            if run is None:
                raise CommandError(f"there is no {self.kind.value} run {number}", returncode=REFUSED)
            return run
        last = runs.filter(state__in=UNFINISHED).order_by("pk").first() or runs.order_by("-pk").first()
        if last is None or not steering.can_resume(last):
            raise Refused([f"no {self.kind.value} is unfinished"])
        return last

    def follow(self, run: Run, options: dict[str, Any]) -> None:
        cls = type(self)
        show = self._shower(run, quiet=options["as_json"])
        try:
            with as_interrupts():
                if options["inline"]:
                    run = work_inline(run, cls.work, cls.close, show)
                else:
                    dispatch(run)
                    if options["wait"]:
                        run = wait_for(run, cls.close, show)
        except KeyboardInterrupt:
            left = f"interrupted; go on with `manage.py {self.kind.value} resume`"
            raise CommandError(left, returncode=WAITING) from None
        self.report(run, as_json=options["as_json"])
        if run.state == RunState.PAUSED:
            left = f"paused by {run.steered_by}; go on with `manage.py {self.kind.value} resume {run.pk}`"
            raise CommandError(left, returncode=WAITING)

    def report(self, run: Run, *, as_json: bool) -> None:
        self.emit(self.as_json(run), self.as_text(run), as_json=as_json)
        if run.state in (RunState.FAILED, RunState.CANCELLED) or self.differs(run):
            raise CommandError(run.error or "the stores differ", returncode=REFUSED)

    def last(self) -> Run:
        run = Run.objects.filter(kind=self.kind).order_by("-pk").first()
        if run is None:
            raise CommandError(
                f"there is no {self.kind.value} yet: `manage.py {self.example_start}`", returncode=REFUSED
            )
        return type(self).close(run.pk)

    @property
    def example_start(self) -> str:
        return f"{self.kind.value} start"

    def differs(self, run: Run) -> bool:
        return False

    def as_json(self, run: Run) -> dict[str, Any]:
        raise NotImplementedError

    def as_text(self, run: Run) -> str:
        raise NotImplementedError

    def line(self, run: Run) -> str:
        raise NotImplementedError

    def _shower(self, run: Run, *, quiet: bool) -> Callable[[], None]:
        shown = time.monotonic()

        def show() -> None:
            nonlocal shown
            if not quiet and time.monotonic() - shown >= SHOW_SECONDS:
                shown = time.monotonic()
                run.refresh_from_db()
                self.stdout.write(self.line(run))
                self.stdout.flush()

        return show
