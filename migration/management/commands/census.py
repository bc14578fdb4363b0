"""`manage.py census`: surveys the source table before anything moves."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from math import inf
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, add_json
from migration.census import answers, runs
from migration.census.estimate import priced
from migration.census.report import compile_report
from migration.census.working import work
from migration.enums import Question, RunKind, RunState
from migration.exceptions import Refused
from migration.management.arguments import words
from migration.management.censusreport import question_lines, report_text
from migration.management.runarguments import per_second, run_number, segments
from migration.management.runcommand import RunCommand
from migration.models import Census, Run
from migration.segments.progress import progress
from migration.segments.slowness import slowness
from migration.segments.steering import LIMITS


def price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < inf:
        raise ArgumentTypeError(f"{text!r} is not a price in dollars for a million read units")
    return value


class Command(RunCommand):
    help = "Surveys the source in one pass: what is in it, what cannot be mapped, which tables fit, what a copy costs."
    example = "manage.py census run --wait && manage.py census report"
    kind = RunKind.CENSUS
    work = staticmethod(work)
    close = staticmethod(runs.close_if_done)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        run = verbs.add_parser("run", help="survey now")
        run.add_argument("--segments", type=segments, default=runs.DEFAULT_SEGMENTS, help="parts read side by side")
        run.add_argument("--rows-per-second", type=per_second, metavar="N", help="limit of items, all workers together")
        run.add_argument("--read-units", type=per_second, metavar="N", help="limit of read units, all workers together")
        self.add_start_arguments(run)
        self.add_steering(verbs)
        status = verbs.add_parser("status", help="the last run: how far it is, rate, time left, and what slows it")
        report = verbs.add_parser("report", help="what the last run found; while it runs, what it found so far")
        for verb in (status, report):
            verb.add_argument("run", type=run_number, nargs="?", metavar="RUN", help="another run than the last")
            add_json(verb)
        report.add_argument("--price", type=price, metavar="DOLLARS", help="of a million read units on demand")
        self._add_answer(verbs)

    def _add_answer(self, verbs: Any) -> None:
        answer = verbs.add_parser("answer", help="record what only a person can know; the audit keeps it")
        promises = "; ".join(f"{one.value}: {one.label}" for one in Question)
        answer.add_argument("question", choices=[one.value for one in Question], help=promises)
        answer.add_argument("--says", type=words, required=True, help="how you know")
        answer.add_argument("--no", action="store_false", dest="holds", help="it is not so, or not any more")
        answer.add_argument("--actor", default="", help="who says so (default: the login name)")
        add_json(answer)

    @property
    def example_start(self) -> str:
        return "census run"

    def perform(self, **options: Any) -> None:
        verb = options["verb"]
        if verb == "run":
            self.carry_out(partial(_begin, options), options)
        elif verb == "status":
            self.report(self._run(options), as_json=options["as_json"])
        elif verb == "report":
            self._report(self._run(options), options)
        elif verb == "answer":
            self._answer(options)
        else:
            self.perform_steering(options)

    def _run(self, options: dict[str, Any]) -> Run:
        return self.last() if options["run"] is None else runs.close_if_done(self.named(options["run"]).pk)

    def _report(self, run: Run, options: dict[str, Any]) -> None:
        found = Census.objects.get(run=run).report or compile_report(run)
        if options["price"] is not None:
            found = found | {"estimate": priced(found["estimate"], options["price"])}
        asked = answers.questions()
        text = report_text(found, asked)
        self.emit(found | {"questions": asked}, text, as_json=options["as_json"])

    def _answer(self, options: dict[str, Any]) -> None:
        question = Question(options["question"])
        try:
            answers.answer(question, holds=options["holds"], says=options["says"], actor=self.actor(options))
        except Refused as error:
            raise CommandError(f"refused, nothing was recorded: {error}", returncode=REFUSED) from error
        asked = answers.questions()
        self.emit({"questions": asked}, "\n".join(question_lines(asked)), as_json=options["as_json"])

    def as_json(self, run: Run) -> dict[str, Any]:
        return {
            "run": run.pk,
            "state": run.state,
            "error": run.error,
            "slow_because": slowness(run),
            "limits": {name: getattr(run, name) for name in LIMITS},
        } | progress(run).as_json()

    def as_text(self, run: Run) -> str:
        states = ", ".join(f"{count} {state}" for state, count in progress(run).segments.items() if count)
        return "\n".join(
            [
                f"Census {run.pk} of {run.source}: {run.state}, segments {states}",
                self.line(run),
                *([f"  {run.error}"] if run.error else []),
                *(["  what it found: `manage.py census report`"] if run.state == RunState.DONE else []),
            ]
        )

    def line(self, run: Run) -> str:
        now, slow = progress(run), slowness(run)
        share = f"{100 * now.read / run.expected:.0f} %" if run.expected else "?"
        left = "unknown" if now.eta_seconds is None else f"{now.eta_seconds:.0f} s"
        ahead = f", time left {left}" if run.state == RunState.RUNNING else f" in {now.seconds:.1f} s"
        text = f"  {now.read} items seen ({share} of the table's statistics), {now.rows_per_s:.0f} items/s{ahead}"
        return f"{text} ({slow})" if slow else text


def _begin(options: dict[str, Any], actor: str) -> Run:
    limits = {"rows_per_second": options["rows_per_second"], "read_units_per_second": options["read_units"]}
    return runs.start(segments=options["segments"], actor=actor, reason=options["reason"], limits=limits)
