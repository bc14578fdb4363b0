"""What `backfill` and `parity` share: start, wait, work inline, show."""

from __future__ import annotations

import getpass
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, UNREACHABLE, WAITING, ChatCommand
from migration.enums import RunKind, RunState
from migration.exceptions import NoWorker, Refused
from migration.management.interrupts import as_interrupts
from migration.management.waiting import Close, Work, check_workers, dispatch, wait_for, work_inline
from migration.models import Run

SHOW_SECONDS = 2.0


class RunCommand(ChatCommand):
    """Subclasses set `kind`, `work`, `close`, and say how a run looks (`as_json`, `as_text`, `line`)."""

    kind: RunKind
    work: Work
    close: Close

    def add_start_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="stay until it has ended, with progress")
        parser.add_argument("--inline", action="store_true", help="work in this process, without Celery")
        parser.add_argument("--actor", default="", help="who asks (default: the login name)")

    def carry_out(self, begin: Callable[[str], Run], options: dict[str, Any]) -> None:
        try:
            if not options["inline"]:
                check_workers(self.kind)
            run = begin(options["actor"] or getpass.getuser())
        except NoWorker as error:
            raise CommandError(str(error), returncode=UNREACHABLE) from error
        except Refused as error:
            raise CommandError(f"refused, nothing was started: {error}", returncode=REFUSED) from error
        self.follow(run, options)

    def unfinished(self, actor: str) -> Run:
        """For `resume`: where workers, or a command that worked inline, left off. Raises `Refused`."""
        run = Run.objects.filter(kind=self.kind, state=RunState.RUNNING).order_by("pk").first()
        if run is None:
            raise Refused([f"no {self.kind.value} is unfinished"])
        return run

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

    def report(self, run: Run, *, as_json: bool) -> None:
        self.emit(self.as_json(run), self.as_text(run), as_json=as_json)
        if run.state == RunState.FAILED or self.differs(run):
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
                self.stdout.write(self.line(run))
                self.stdout.flush()

        return show
