"""The moves of a rehearsal, in order: every phase of every endpoint, with drills on the way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command

from chat.data import Endpoint
from migration.enums import Kind, Phase
from migration.flags.phases import neighbour
from migration.models import AuditEvent, Route
from migration.rehearsal.outage import stop_and_return
from migration.rehearsal.recording import Record
from migration.rehearsal.refusals import try_illegal_vector, try_unknown_holder
from migration.transitions.status import status

READS = (Endpoint.LATEST_COMMENTS, Endpoint.COMMENTS_SINCE, Endpoint.ALL_COMMENTS)
RAMP = (50, 100)
"""Steps after the first one, which entering `cutover` makes by itself (RAMP_PERCENT_DEFAULT)."""


@dataclass(slots=True)
class Script:
    """Drives the public commands only, as an operator would."""

    record: Record
    dwell: float
    """Seconds of traffic in each lasting phase, so that clients really see it."""

    def mirror_and_copy(self) -> None:
        self.advance(Endpoint.POST_COMMENT)
        for endpoint in READS:
            self.advance(endpoint)
        with self.record.step("backfill, by Celery workers") as step:
            text = command("backfill", "start", "--wait")
            step["detail"] = last_line(text, "read ")
        self.compare("parity, after the backfill")

    def compare(self, name: str) -> None:
        with self.record.step(name) as step:
            step["detail"] = last_line(command("parity", "run", "--wait"), "compared")

    def lose_target(self) -> None:
        self.record.outage = stop_and_return(self.record)

    def try_what_is_refused(self) -> None:
        try_illegal_vector(self.record, command)
        try_unknown_holder(self.record, command)

    def move_reads(self) -> None:
        for endpoint in READS:
            self.advance(endpoint, note="shadow share 0 %: shadow reads are not built yet")
            self.advance(endpoint)
        for percent in RAMP:
            for endpoint in READS:
                self.ramp(endpoint, percent)
        self.wait(self.dwell)

    def drill_read(self, endpoint: Endpoint) -> None:
        self.drill(endpoint)
        self.wait(self.dwell / 2)

    def move_writes(self) -> None:
        self.advance(Endpoint.POST_COMMENT)
        self.wait(self.dwell)

    def drill_writes(self) -> None:
        self.drill(Endpoint.POST_COMMENT)
        self.wait(self.dwell)

    def drill(self, endpoint: Endpoint) -> None:
        """One step back and on again, to where it stood."""
        before = phase_of(endpoint)
        after = _next(endpoint, "rollback")
        began = time.time()
        with self.record.step(f"drill {endpoint}", endpoint=endpoint, before=before, after=after) as step:
            command("route", "drill", endpoint, "--reason", "rehearsal", "--actor", "rehearsal")
            step["detail"] = told()
        self.record.drill(endpoint=endpoint, before=before, after=after, began=began, ended=time.time())

    def decommission(self) -> None:
        for endpoint in READS:
            self.advance(endpoint)
        self.advance(Endpoint.POST_COMMENT)
        # When the flip was committed, not when the last process confirmed it.
        self.record.mirrored_until = AuditEvent.objects.latest("pk").at.timestamp()
        self.wait(self.dwell)

    def settle(self) -> None:
        with self.record.step("ledger empty") as step:
            step["detail"] = command("ledger", "drain").strip().splitlines()[-1]

    def advance(self, endpoint: Endpoint, *, note: str = "") -> None:
        self.move("advance", endpoint, note=note)

    def ramp(self, endpoint: Endpoint, percent: int) -> None:
        self.move("ramp", endpoint, percent=percent)

    def move(self, verb: str, endpoint: Endpoint, *, percent: int | None = None, note: str = "") -> None:
        before = phase_of(endpoint)
        after = before if verb == "ramp" else _next(endpoint, verb)
        name = f"{verb} {endpoint} to {after}" if percent is None else f"ramp {endpoint} to {percent} %"
        with self.record.step(name, endpoint=endpoint, before=before, after=after) as step:
            given = ["route", verb, endpoint] + ([str(percent)] if percent is not None else [])
            command(*given, "--reason", "rehearsal", "--actor", "rehearsal")
            step["detail"] = "; ".join(part for part in (told(), note) if part)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def command(*words: str) -> str:
    """What a management command prints. Raises `CommandError` when it exits other than 0."""
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def phase_of(endpoint: Endpoint) -> str:
    return Route.objects.get(rollout__active=True, endpoint=endpoint).phase


def _next(endpoint: Endpoint, verb: str) -> str:
    kind = Kind.WRITE if endpoint.writes else Kind.READ
    return neighbour(kind, Phase(phase_of(endpoint)), forward=verb == "advance").value


def told() -> str:
    """The figures of the last transition."""
    last: dict[str, Any] = status()["transition"]
    held = f", writes held {last['hold_ms']:.0f} ms" if last["hold_ms"] is not None else ""
    return f"epoch {last['epoch']}, {last['holders']} processes in {last['ack_ms']:.0f} ms{held}"


def last_line(text: str, holding: str) -> str:
    """The last line of an answer that holds some word."""
    return [line.strip() for line in text.splitlines() if holding in line][-1]
