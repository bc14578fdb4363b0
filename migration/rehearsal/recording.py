"""Collects what a rehearsal did, as the facts the checker takes (contract: report of a rehearsal)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration.enums import RunKind
from migration.models import Run, Transition
from migration.parity.runs import totals
from migration.rehearsal.screen import Screen
from migration.segments.progress import progress
from migration.transitions.status import outcome

if TYPE_CHECKING:
    from migration.rehearsal.outage import Outage

PARITY_FIELDS = ("rooms", "compared", "missing", "extra", "different", "digest_source", "digest_target")


@dataclass(slots=True)
class Record:
    """Steps and drills as they happen; the rest is read from the control database at the end."""

    screen: Screen
    marks: Path
    began: float = field(default_factory=time.time)
    steps: list[dict[str, Any]] = field(default_factory=list)
    drills: list[dict[str, Any]] = field(default_factory=list)
    mirrored_until: float | None = None
    outage: Outage | None = None

    @contextmanager
    def step(
        self, name: str, *, endpoint: str | None = None, before: str | None = None, after: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Times a step; a failure is recorded and raised. The block may set `detail`."""
        entry: dict[str, Any] = {"name": name, "endpoint": endpoint, "from": before, "to": after, "detail": None}
        began = time.monotonic()
        self.screen.begin(name)
        try:
            yield entry
        except BaseException as error:
            self._end(entry, began, ok=False, detail=str(error) or type(error).__name__)
            raise
        self._end(entry, began, ok=True, detail=entry["detail"])

    def _end(self, entry: dict[str, Any], began: float, *, ok: bool, detail: str | None) -> None:
        entry |= {"seconds": round(time.monotonic() - began, 3), "ok": ok, "detail": detail}
        self.steps.append(entry)
        self.screen.end(entry)

    def mark(self, name: str) -> None:
        with self.marks.open("a") as marks:
            marks.write(json.dumps({"at": time.time(), "name": name}) + "\n")

    def drill(self, *, endpoint: str, before: str, after: str, began: float, ended: float) -> None:
        """`failed` and `lost` are the checker's to fill in, from the traffic log between the two times."""
        self.drills.append(
            {
                "endpoint": endpoint,
                "from": before,
                "to": after,
                "seconds": round(ended - began, 3),
                "began": began,
                "ended": ended,
            }
        )

    def facts(self, *, engines: list[dict[str, str]], commit: str | None, seed: int) -> dict[str, Any]:
        return {
            "seconds": round(time.time() - self.began, 1),
            "engines": engines,
            "commit": commit,
            "seed": seed,
            "backfill": backfill(),
            "parity": parities(),
            "drills": self.drills,
            "steps": self.steps,
            "transitions": transitions(),
            "mirrored_until": self.mirrored_until,
        }


def backfill() -> dict[str, Any] | None:
    run = Run.objects.filter(kind=RunKind.BACKFILL).order_by("-pk").first()
    if run is None:
        return None
    now = progress(run)
    return {
        "read": now.read,
        "written": now.written,
        "quarantined": now.quarantined,
        "skipped": now.skipped,
        "rows_per_s": round(now.rows_per_s, 1),
        "seconds": round(now.seconds, 3),
    }


def parities() -> list[dict[str, Any]]:
    runs = Run.objects.filter(kind=RunKind.PARITY).order_by("pk")
    return [
        {"when": run.started_at.isoformat(timespec="seconds")}
        | {name: value for name, value in totals(run).items() if name in PARITY_FIELDS}
        for run in runs
    ]


def transitions() -> list[dict[str, Any]]:
    return [
        {
            "endpoint": row.endpoint,
            "from": row.from_phase,
            "to": row.to_phase,
            "epoch": row.epoch,
            "outcome": outcome(row),
            "holders": row.holders,
            "ack_ms": _rounded(row.ack_ms),
            "hold_ms": _rounded(row.hold_ms),
            "guards": [{key: guard[key] for key in ("name", "ok", "reason")} for guard in row.guards],
        }
        for row in Transition.objects.order_by("pk")
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
