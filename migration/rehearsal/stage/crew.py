"""The processes of a rehearsal: web, workers, beat, and the traffic."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from chatproject import programs
from chatproject.children import Children
from chatproject.env import Env
from migration.exceptions import ControlError, NoWorker
from migration.rehearsal.stage.places import Places
from migration.rehearsal.stage.web import await_ready
from migration.wakeups import require_workers

READY_SECONDS = 60.0
WRITERS = 4
READERS = 2
RATE = 25.0
"""Posts a second: enough for a thousand within the shortest rehearsal, little enough for two cores to share."""


class CrewLost(ControlError):
    """A process of the rehearsal ended by itself."""


@dataclass(slots=True)
class Crew:
    children: Children
    places: Places
    env: Env

    def start_services(self) -> str:
        """Web, workers and beat; returns when they answer and listen."""
        self.children.start("web", programs.web(self.env))
        for name in programs.QUEUES:
            self.children.start(name, programs.worker(name))
        self.children.start("beat", programs.beat(self.places.folder / "beat"))
        await_ready(self.env.web_port, seconds=READY_SECONDS)
        self._await_workers()
        return f"{self.env.web_workers} web processes on port {self.env.web_port}, 2 workers, beat"

    def _await_workers(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            self.check()
            try:
                return require_workers("control", "backfill", "parity")
            except NoWorker:
                if time.monotonic() > deadline:
                    raise

    def start_traffic(self, *, seconds: float) -> None:
        """Runs until told to stop; `seconds` only bounds it."""
        self.children.start(
            "traffic",
            [
                sys.executable,
                "-m",
                "migration.rehearsal.traffic",
                f"--url=http://127.0.0.1:{self.env.web_port}",
                f"--log={self.places.traffic}",
                f"--seconds={seconds}",
                f"--writers={WRITERS}",
                f"--readers={READERS}",
                f"--rate={RATE}",
                f"--stop-file={self.places.stop}",
            ],
        )

    def stop_traffic(self, *, seconds: float = 60.0) -> None:
        self.places.stop.touch()
        child = self.children.running.pop("traffic", None)
        if child is not None:
            child.wait(seconds)

    def check(self) -> None:
        """Raises `CrewLost` with the end of the log of a process that is gone."""
        for name, code in self.children.ended().items():
            raise CrewLost(f"{name} ended with code {code}:\n{self.children.log_tail(name)}")

    def leave_running(self) -> None:
        """Notes the process ids, for `make down`."""
        self.places.children.write_text(json.dumps(self.children.pids()))


def crew(places: Places, env: Env) -> Crew:
    # The commands keep quiet on a terminal; the services' logs are for looking up what happened.
    environment = dict(os.environ) | {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json"}
    return Crew(children=Children(logs=places.logs, env=environment), places=places, env=env)


def control_url(places: Places) -> str:
    return f"sqlite:///{Path(places.control).resolve()}"
