"""`manage.py sync_schema`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, WAITING, ChatCommand
from chat.management.schema_targets import TARGETS, Target
from chat.schema.drift import Difference, Survey
from chat.schema.dynamodb_table import StillBuilding


class Command(ChatCommand):
    help = (
        "Make keyspace, tables, view and index in both stores, or say what differs. Nothing is ever dropped. "
        "Run one at a time."
    )
    example = "manage.py sync_schema --check --only scylla"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="report differences; exit 1 if any")
        parser.add_argument("--dry-run", action="store_true", help="print every statement it would run")
        parser.add_argument("--only", choices=sorted(TARGETS), help="one store instead of both")
        parser.add_argument(
            "--wait", type=float, default=120.0, metavar="SECONDS", help="for DynamoDB to be ready (120)"
        )

    def perform(self, **options: Any) -> None:
        targets = [TARGETS[name]() for name in TARGETS if options["only"] in (None, name)]
        # All are looked at before any is changed, so that an engine that is down leaves the other as it was.
        surveys = [target.survey() for target in targets]
        changed: list[Difference] = []
        if not options["check"] and not options["dry_run"]:
            self._mend(targets, surveys, changed, options)
            # The notes of before: they say how a new keyspace was made.
            surveys = [replace(t.survey(), notes=s.notes) for t, s in zip(targets, surveys, strict=True)]
        self._show(surveys, changed, options)
        _judge(surveys, dry_run=options["dry_run"])

    def _mend(
        self, targets: Sequence[Target], surveys: list[Survey], changed: list[Difference], options: dict[str, Any]
    ) -> None:
        def done(difference: Difference) -> None:
            # At once, so that an operator sees what was done before a later statement failed.
            changed.append(difference)
            if not options["as_json"]:
                self.stdout.write(f"ran: {difference.change}")

        try:
            for target, survey in zip(targets, surveys, strict=True):
                target.mend(survey.differences, seconds=options["wait"], done=done)
        except StillBuilding as error:
            raise CommandError(f"{error}; run this again", returncode=WAITING) from error

    def _show(self, surveys: list[Survey], changed: list[Difference], options: dict[str, Any]) -> None:
        data = {
            "in_sync": all(survey.in_sync for survey in surveys),
            "stores": [{"store": s.store, "engine": s.engine, "notes": list(s.notes)} for s in surveys],
            "differences": [difference.as_json() for survey in surveys for difference in survey.differences],
            "changed": [difference.as_json() for difference in changed],
        }
        lines = [line for survey in surveys for line in _lines(survey, dry_run=options["dry_run"])]
        self.emit(data, "\n".join(lines), as_json=options["as_json"])


def _lines(survey: Survey, *, dry_run: bool) -> Iterator[str]:
    yield f"{survey.store} ({survey.engine}): {'in sync' if survey.in_sync else 'differs'}"
    yield from (f"  {note}" for note in survey.notes)
    for difference in survey.differences:
        if dry_run and difference.mendable:
            yield f"would run: {difference.change}"
        else:
            yield f"  {difference.sentence}: {difference.todo}"


def _judge(surveys: list[Survey], *, dry_run: bool) -> None:
    """A dry run differs only in what the real run could not mend either."""
    open_ones = [d for survey in surveys for d in survey.differences if not d.tolerated]
    left = [d for d in open_ones if not d.mendable] if dry_run else open_ones
    if left:
        raise CommandError(f"differences that are left: {len(left)}", returncode=REFUSED)
