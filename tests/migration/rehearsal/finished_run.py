"""A small finished rehearsal on the real stores: a table with awkward items, a traffic log, and facts."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from migration.rehearsal.checker.__main__ import main
from tests.migration.rehearsal.stores import RealStores, TypedItem

FIRST_POST = 1_790_000_000  # Unix seconds at which made-up traffic begins
YEAR_AHEAD = str(int(time.time()) + 365 * 86_400)
# Times and their microseconds are written out here, so that no mapping is tested against itself.
MAPPABLE: tuple[tuple[str, str, str, str, int, str | None], ...] = (
    # room, name, time, comment, time_us, time_raw
    ("chat", "ada", "1700000000.5", "plain", 1_700_000_000_500_000, None),
    ("chat", "ada", "1700000000.75", "", 1_700_000_000_750_000, None),
    ("lobby", "ada", "1000000", "no dot", 1_000_000_000_000, "1000000"),
    ("lobby", "bob", "1.5", "first spelling", 1_500_000, None),
    ("other", "bob", "1.500", "another room, so no collision", 1_500_000, "1.500"),
    ("lobby", "千代", "0.000001", "🦊\n\u2028", 1, None),
)
QUARANTINED: tuple[tuple[str, TypedItem], ...] = (
    ("time_not_a_number", {"name": {"S": "ada"}, "time": {"S": "test_time"}}),
    ("time_in_future", {"name": {"S": "ada"}, "time": {"S": YEAR_AHEAD}}),
    ("time_fraction_too_long", {"name": {"S": "ada"}, "time": {"S": "1700000000.1234567"}}),
    ("key_collision", {"name": {"S": "bob"}, "time": {"S": "1.50"}}),
    ("comment_not_text", {"name": {"S": "bob"}, "time": {"S": "1700000001.0"}, "comment": {"N": "5"}}),
    ("missing_chat_room", {"name": {"S": "bob"}, "time": {"S": "1700000002.0"}, "chat_room": {}}),
    ("unknown_attribute", {"name": {"S": "bob"}, "time": {"S": "1700000003.0"}, "likes": {"NS": ["1"]}}),
)
REASONS = {reason: 1 for reason, _ in sorted(QUARANTINED, key=lambda pair: pair[0])}
QUARANTINED_DEFAULTS: TypedItem = {"chat_room": {"S": "lobby"}, "comment": {"S": "text"}}


def seed_table(stores: RealStores) -> None:
    """Put all items, the awkward ones too, into DynamoDB."""
    for room, name, moment, comment, _time_us, _time_raw in MAPPABLE:
        stores.put_item(plain_item(room, name, moment, comment))
    for _reason, item in QUARANTINED:
        full = {**QUARANTINED_DEFAULTS, **item}
        stores.put_item({attribute: value for attribute, value in full.items() if value})


def copy_table(stores: RealStores) -> None:
    """What a correct backfill of `seed_table` writes."""
    for room, name, _moment, comment, time_us, time_raw in MAPPABLE:
        stores.put_row(room, time_us, name, comment, time_raw)


def plain_item(room: str, name: str, moment: str, comment: str) -> TypedItem:
    return {
        "chat_room": {"S": room},
        "name": {"S": name},
        "time": {"S": moment},
        "comment": {"S": comment},
    }


def good_facts() -> dict[str, Any]:
    """A rehearsal of `seed_table` in which everything went well and Scylla decides at the end."""
    total = len(MAPPABLE) + len(QUARANTINED)
    move = {"endpoint": "post_comment", "epoch": 4, "holders": 2, "ack_ms": 3.5, "hold_ms": None}
    guards = [{"name": "ledger", "ok": True, "reason": None}]
    phases = ["legacy", "dual", "cutover", "decommission"]
    return {
        "seconds": 61.5,
        "engines": [{"name": "cassandra", "version": "5.0.8"}],
        "commit": "0" * 40,
        "seed": 1,
        "backfill": {
            "read": total,
            "written": len(MAPPABLE),
            "quarantined": len(QUARANTINED),
            "skipped": 0,
            "rows_per_s": 900.5,
            "seconds": 0.1,
        },
        "parity": [
            {
                "when": "before the write cutover",
                "rooms": 3,
                "compared": len(MAPPABLE),
                "missing": 0,
                "extra": 0,
                "different": 0,
                "digest_source": "d1",
                "digest_target": "d1",
            }
        ],
        "drills": [
            {
                "endpoint": "latest_comments",
                "from": "cutover",
                "to": "shadow",
                "seconds": 2.0,
                "began": FIRST_POST + 4,
                "ended": FIRST_POST + 6,
            }
        ],
        "steps": [
            {
                "name": "backfill",
                "endpoint": None,
                "from": None,
                "to": None,
                "seconds": 0.5,
                "ok": True,
                "detail": None,
            }
        ],
        "transitions": [
            {**move, "from": before, "to": after, "outcome": "done", "guards": deepcopy(guards)}
            for before, after in pairwise(phases)
        ],
        "mirrored_until": None,
    }


@dataclass
class Stage:
    """Files of one rehearsal under `home`; `check` runs the checker as its command does."""

    stores: RealStores
    home: Path
    capture: pytest.CaptureFixture[str]
    records: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=good_facts)
    marks: list[dict[str, Any]] = field(default_factory=list)
    minimum: int = 10
    output: str = ""
    errors: str = ""

    @property
    def report_path(self) -> Path:
        return self.home / "report.json"

    def survey(self) -> None:
        assert main(["survey", "--out", str(self.home / "before.json")]) == 0
        self.capture.readouterr()

    def check(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and report (empty if none was written)."""
        self._write_lines("traffic.jsonl", self.records)
        self._write_lines("marks.jsonl", self.marks)
        (self.home / "facts.json").write_text(json.dumps(self.facts))
        code = main([*self._arguments(), *words])
        self.output, self.errors = self.capture.readouterr()
        return code, json.loads(self.report_path.read_text()) if self.report_path.exists() else {}

    def _arguments(self) -> list[str]:
        files = {"traffic-log": "traffic.jsonl", "before": "before.json", "facts": "facts.json"}
        files |= {"report": "report.json", "marks": "marks.jsonl"}
        words = [word for name, file in files.items() for word in (f"--{name}", str(self.home / file))]
        return [*words, "--minimum", str(self.minimum)]

    def _write_lines(self, file: str, records: list[dict[str, Any]]) -> None:
        (self.home / file).write_text("".join(json.dumps(record) + "\n" for record in records))
