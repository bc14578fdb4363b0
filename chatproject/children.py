"""Child processes of a command: started with a log each, watched, and all ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 20.0
"""A web process ends its requests first; after this it is killed."""


@dataclass(slots=True)
class Children:
    """Each runs in a session of its own, so that Ctrl-C reaches only the parent, which ends them in order."""

    logs: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Its output goes to `NAME.log` in the log folder."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.running[name] = child
        return child

    def ended(self) -> dict[str, int]:
        """Names and exit codes of those that ended by themselves."""
        return {name: child.returncode for name, child in self.running.items() if child.poll() is not None}

    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self.running.items()}

    def stop(self, name: str) -> None:
        child = self.running.pop(name)
        stop_group(child.pid, child)

    def stop_all(self) -> None:
        """Last started, first ended."""
        for name in reversed(list(self.running)):
            self.stop(name)

    def log_tail(self, name: str, lines: int = 15) -> str:
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def stop_group(group: int, child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL to whatever of the group is left."""
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    try:
        # Pool children of a worker that was killed itself.
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
