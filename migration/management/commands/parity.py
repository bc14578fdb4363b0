"""`manage.py parity`: compares the two stores, room by room, both ways."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from typing import Any

from chat.codec.items import is_storable
from chat.management.base import add_json
from migration.enums import RunKind
from migration.management.runcommand import RunCommand
from migration.management.tables import table
from migration.models import Run
from migration.parity import runs
from migration.segments.slowness import slowness


def room_name(text: str) -> str:
    if not text or not is_storable(text):
        raise ArgumentTypeError(f"{text!r} cannot be the name of a room")
    return text


class Command(RunCommand):
    help = "Compares both stores, room by room and both ways, with counts and digests. Exit 1 if they differ."
    example = "manage.py parity run --wait"
    kind = RunKind.PARITY
    work = staticmethod(runs.work)
    close = staticmethod(runs.close_if_done)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        run = verbs.add_parser("run", help="compare now")
        run.add_argument("--room", type=room_name, help="only this room")
        self.add_start_arguments(run)
        self.add_steering(verbs)
        add_json(verbs.add_parser("status", help="the last run: counts and digests of both sides"))
        add_json(verbs.add_parser("differences", help="the keys that differ in the last run"))

    @property
    def example_start(self) -> str:
        return "parity run"

    def perform(self, **options: Any) -> None:
        if options["verb"] == "run":
            self.carry_out(partial(_begin, options["room"], options["reason"]), options)
        elif options["verb"] == "status":
            self.report(self.last(), as_json=options["as_json"])
        elif options["verb"] == "differences":
            self._differences(self.last(), as_json=options["as_json"])
        else:
            self.perform_steering(options)

    def _differences(self, run: Run, *, as_json: bool) -> None:
        fields = ("kind", "room", "name", "time", "digest_source", "digest_target")
        rows = list(run.differences.order_by("pk").values_list(*fields))
        text = table([field.upper() for field in fields], rows) if rows else f"Parity run {run.pk} found no difference."
        found = [dict(zip(fields, row, strict=True)) for row in rows]
        self.emit({"run": run.pk, "differences": found}, text, as_json=as_json)

    def differs(self, run: Run) -> bool:
        sums = runs.totals(run)
        return bool(sums["missing"] or sums["extra"] or sums["different"])

    def as_json(self, run: Run) -> dict[str, Any]:
        return {
            "run": run.pk,
            "state": run.state,
            "error": run.error,
            "slow_because": slowness(run),
            "when": run.started_at.isoformat(timespec="seconds"),
            "covers_until_us": run.horizon_us,
        } | runs.totals(run)

    def as_text(self, run: Run) -> str:
        sums = runs.totals(run)
        return "\n".join(
            [
                f"Parity {run.pk} of {run.source} and {run.target}: {run.state}, "
                f"{sums['rooms_done']} of {sums['rooms']} rooms",
                f"  compared {sums['compared']}, missing {sums['missing']}, extra {sums['extra']}, "
                f"different {sums['different']}, in quarantine {sums['quarantined']}",
                f"  digest of source {sums['digest_source']}",
                f"  digest of target {sums['digest_target']}",
                *([f"  slow: {slowness(run)}"] if slowness(run) else []),
                *([f"  {run.error}"] if run.error else []),
            ]
        )

    def line(self, run: Run) -> str:
        sums = runs.totals(run)
        return f"  {sums['rooms_done']} of {sums['rooms']} rooms, {sums['compared']} comments compared"


def _begin(room: str | None, reason: str, actor: str) -> Run:
    return runs.start(actor=actor, room=room, reason=reason)
