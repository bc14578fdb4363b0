"""Stops the CQL engine for a while under traffic: debts rise, nobody notices, and all are paid when it is back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chat.conf import env
from chatproject.env import BASE_DIR
from migration.enums import DebtState
from migration.exceptions import ControlError
from migration.ledger.entries import UNPAID
from migration.models import Debt
from migration.rehearsal.recording import Record

SECONDS = 10.0
DRAIN_LIMIT_SECONDS = 90.0
LOOK_SECONDS = 0.2


class DebtsLeft(ControlError):
    """The ledger was not empty in time after the engine had come back."""


@dataclass(slots=True)
class Outage:
    """`seconds` from stop to the first answer, `drained_s` from there to an empty ledger; times are Unix seconds."""

    began: float
    ended: float
    seconds: float
    ledger_peak: int
    drained_s: float

    def as_facts(self, log: Path) -> dict[str, Any]:
        facts = asdict(self)
        began, ended = facts.pop("began"), facts.pop("ended")
        return facts | {"failed": failed_between(log, began, ended)}


def engine_is_ours(var: Path) -> bool:
    """Whether the local stack runs the CQL engine in use: nobody else's is ever stopped."""
    stack = var / "devstack.json"
    if not stack.exists():
        return False
    record = json.loads(stack.read_text())
    return "cassandra" in record["engines"] and record.get("SCYLLA_PORT") == str(env().scylla_port)


def stop_and_return(record: Record) -> Outage:
    """Raises `DebtsLeft` when the debts are not paid within the limit."""
    with record.step(f"CQL engine stopped for {SECONDS:.0f} s, debts rise") as step:
        began = time.time()
        devstack("down")
        peak = _watch_peak(began + SECONDS)
        devstack("up")
        back = time.time()
        step["detail"] = f"{peak} comments owed to it"
    with record.step("debts drained") as step:
        peak = max(peak, _await_paid(back + DRAIN_LIMIT_SECONDS))
        ended = time.time()
        step["detail"] = f"{Debt.objects.filter(state=DebtState.PAID).count()} paid and verified"
    return Outage(began, ended, round(back - began, 1), peak, round(ended - back, 1))


def devstack(verb: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "devstack", verb, "cassandra"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise ControlError(f"devstack {verb} cassandra: {asked.stderr.strip()}")


def unpaid() -> int:
    return Debt.objects.filter(state__in=UNPAID).count()


def _watch_peak(until: float) -> int:
    peak = unpaid()
    while time.time() < until:
        time.sleep(LOOK_SECONDS)
        peak = max(peak, unpaid())
    return peak


def _await_paid(deadline: float) -> int:
    """The most that was owed on the way."""
    peak = left = unpaid()
    while left:
        if time.time() > deadline:
            raise DebtsLeft(f"{left} comments are still owed {DRAIN_LIMIT_SECONDS:.0f} s after the engine came back")
        time.sleep(LOOK_SECONDS)
        left = unpaid()
        peak = max(peak, left)
    return peak


def failed_between(log: Path, began: float, ended: float) -> int:
    """Requests of the traffic that ended otherwise than with 200 in that time."""
    with log.open() as lines:
        records = [json.loads(line) for line in lines if line.endswith("\n")]
    answers = (one for one in records if one["kind"] in ("outcome", "read") and began <= one["at"] <= ended)
    return sum(1 for one in answers if one["status"] != 200 or one["error"] is not None)
