"""One rehearsal from an empty stage to the verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from chat.conf import env
from chat.data import Endpoint
from migration.people.demo_users import make_demo_users
from migration.rehearsal.engines import engines
from migration.rehearsal.outage import engine_is_ours
from migration.rehearsal.recording import Record
from migration.rehearsal.script import Script, command
from migration.rehearsal.stage.crew import Crew
from migration.rehearsal.stage.ground import claim_ground, clear_ground
from migration.rehearsal.stage.places import Places

BASELINE_SECONDS = 10.0
LONGEST_SECONDS = 1800.0
"""The traffic ends by itself then, whatever happens to its parent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the operator chose. `seconds` is how long the traffic shall last at least."""

    report: Path
    comments: int
    rooms: int
    seed: int
    seconds: float
    minimum: int
    reset: bool
    outage: bool
    sabotage: str | None
    var: Path

    @property
    def dwell(self) -> float:
        """The lasting phases share what the moves themselves and the baseline leave of the time."""
        return max(2.0, (self.seconds - BASELINE_SECONDS - 12.0) / 8)


def prepare(plan: Plan, places: Places, record: Record, crew: Crew) -> None:
    with record.step("engines answer, ground cleared") as step:
        clear_ground(places.owner, reset=plan.reset)
        step["detail"] = ", ".join(f"{e['name']} {e['version']}" for e in engines(plan.var))
    with record.step("control database and schema"):
        command("migrate", "--verbosity", "0")
        command("sync_schema")
        claim_ground(places.owner)
    with record.step("seed the source, awkward items included") as step:
        given = ("--comments", str(plan.comments), "--rooms", str(plan.rooms), "--seed", str(plan.seed), "--json")
        written = json.loads(command("seed_chat", *given, "--awkward"))
        step["detail"] = f"{written['written']} items"
    with record.step("survey by the checker") as step:
        step["detail"] = checker("survey", f"--out={places.before}").strip().splitlines()[-1]
    with record.step("web, workers, beat") as step:
        step["detail"] = crew.start_services()
    show_console(plan, record)


def show_console(plan: Plan, record: Record) -> None:
    """The passwords go to the screen, and to a file that only its owner can read; not into the report."""
    credentials = plan.var / "credentials.json"
    people = make_demo_users(credentials)
    record.screen.note(f"Watch it at http://127.0.0.1:{env().web_port}/admin/ as one of (also in {credentials}):")
    record.screen.note(", ".join(f"{name} with password {password}" for name, password in people.items()))


def play(plan: Plan, record: Record, crew: Crew) -> None:
    script = Script(record, dwell=plan.dwell)
    with record.step("traffic in legacy, for a baseline"):
        crew.start_traffic(seconds=LONGEST_SECONDS)
        script.wait(BASELINE_SECONDS)
    record.mark("moves-begin")
    script.mirror_and_copy()
    if plan.outage and engine_is_ours(plan.var):
        script.lose_target()
    script.move_reads()
    script.try_what_is_refused()
    script.drill_read(Endpoint.COMMENTS_SINCE)
    script.compare("parity, before the authority moves")
    script.move_writes()
    script.drill_writes()
    script.compare("parity, before the source is left")
    script.decommission()
    crew.check()


def judge(plan: Plan, places: Places, record: Record) -> int:
    """Runs the checker, which writes the report and prints its table; its exit code."""
    facts = record.facts(engines=engines(plan.var), commit=commit(), seed=plan.seed)
    facts["outage"] = record.outage.as_facts(places.traffic) if record.outage else None
    places.facts.write_text(json.dumps(facts, indent=2))
    words = [
        f"--traffic-log={places.traffic}",
        f"--before={places.before}",
        f"--facts={places.facts}",
        f"--marks={places.marks}",
        f"--report={plan.report}",
        f"--minimum={plan.minimum}",
    ]
    if plan.sabotage:
        words.append(f"--sabotage={plan.sabotage}")
    return subprocess.run([*CHECKER, *words], check=False).returncode


CHECKER = (sys.executable, "-m", "migration.rehearsal.checker")


def checker(*words: str) -> str:
    return subprocess.run([*CHECKER, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def commit() -> str | None:
    """The commit this tree is at; None outside a checkout."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None
