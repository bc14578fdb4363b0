"""`manage.py backfill`: copies the whole source table into the target."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from typing import Any

from django.db.models import Count

from chat.management.base import add_json
from migration.backfill import runs
from migration.backfill.working import work
from migration.enums import RunKind
from migration.management.runcommand import RunCommand
from migration.models import QuarantinedItem, Run
from migration.segments.progress import progress


def segments(text: str) -> int:
    # Python refuses to read a number of thousands of digits at all.
    if not text.isascii() or not text.isdigit() or len(text) > 5 or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 10000")
    return int(text)


class Command(RunCommand):
    help = "Copies every item of the source table into the target, resumably, with accounts that balance."
    example = "manage.py backfill start --segments 4 --wait"
    kind = RunKind.BACKFILL
    work = staticmethod(work)
    close = staticmethod(runs.close_if_done)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        start = verbs.add_parser("start", help="begin a run")
        start.add_argument("--source", choices=["scan"], default="scan", help="how the source is read")
        start.add_argument(
            "--segments",
            type=segments,
            default=runs.DEFAULT_SEGMENTS,
            help="parts that are read side by side",
        )
        self.add_start_arguments(start)
        add_json(start)
        resume = verbs.add_parser("resume", help="go on with a run that was interrupted")
        self.add_start_arguments(resume)
        add_json(resume)
        add_json(verbs.add_parser("status", help="the last run: accounts, rate, time left"))

    def perform(self, **options: Any) -> None:
        if options["verb"] == "status":
            self.report(self.last(), as_json=options["as_json"])
        elif options["verb"] == "resume":
            self.carry_out(self.unfinished, options)
        else:
            self.carry_out(partial(_begin, options["segments"]), options)

    def as_json(self, run: Run) -> dict[str, Any]:
        return {"run": run.pk, "state": run.state, "error": run.error, "reasons": _reasons(run)} | progress(
            run
        ).as_json()

    def as_text(self, run: Run) -> str:
        now = progress(run)
        kept = ", ".join(f"{code} {count}" for code, count in _reasons(run).items())
        return "\n".join(
            [
                f"Backfill {run.pk} from {run.source} to {run.target}: {run.state}",
                f"  read {now.read} = written {now.written} + quarantined {now.quarantined} + skipped {now.skipped}"
                f" ({'balanced' if now.balanced else 'NOT BALANCED'})",
                f"  {now.seconds:.1f} s, {now.rows_per_s:.0f} items/s, segments {_states(now.segments)}",
                *([f"  in quarantine: {kept}"] if kept else []),
                *([f"  {run.error}"] if run.error else []),
            ]
        )

    def line(self, run: Run) -> str:
        now = progress(run)
        left = "unknown" if now.eta_seconds is None else f"{now.eta_seconds:.0f} s"
        share = f"{100 * now.read / run.expected:.0f} %" if run.expected else "?"
        return f"  {now.read} items read ({share}), {now.rows_per_s:.0f} items/s, time left {left}"


def _begin(count: int, actor: str) -> Run:
    return runs.start(segments=count, actor=actor)


def _states(segments: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in segments.items() if count)


def _reasons(run: Run) -> dict[str, int]:
    counted = QuarantinedItem.objects.filter(run=run).values_list("code").annotate(Count("pk"))
    return dict(counted.order_by("code"))
