"""What runs, as `var/devstack.json` tells the next command."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devstack.engine import HOST, Launch
from devstack.faults import DevstackError
from devstack.processes import Identity, is_alive


@dataclass(frozen=True)
class Running:
    """One started engine. `version` is empty until it answered its first query."""

    name: str
    identity: Identity
    launch: Launch
    version: str
    log: str

    @property
    def address(self) -> str:
        return f"{HOST}:{self.launch.port}"


def load(path: Path) -> dict[str, Running]:
    """The engines still alive, by name: one whose process ended, or whose pid was reused, is left out."""
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text())["engines"]
        found = [_decode(name, entry) for name, entry in entries.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DevstackError(
            f"{path} is damaged ({fault!r}). End the engines (`ss -ltnp` shows them) and delete it."
        ) from fault
    return {running.name: running for running in found if is_alive(running.identity)}


def save(path: Path, engines: Mapping[str, Running], addresses: Mapping[str, str]) -> None:
    """Replace the file as a whole: a reader sees the old one or the new. Addresses stand at the top level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {**addresses, "engines": {name: _encode(running) for name, running in engines.items()}}
    draft = path.with_suffix(".json.new")
    with draft.open("w") as file:
        file.write(json.dumps(document, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def forget(path: Path) -> None:
    """Nothing runs any more."""
    path.unlink(missing_ok=True)


def _encode(running: Running) -> dict[str, Any]:
    entry = asdict(running)
    del entry["name"]
    return {"host": HOST, **entry.pop("identity"), **entry.pop("launch"), **entry}


def _decode(name: str, entry: dict[str, Any]) -> Running:
    return Running(
        name=name,
        identity=Identity(pid=int(entry["pid"]), started=int(entry["started"]), boot=str(entry["boot"])),
        launch=Launch(
            port=int(entry["port"]),
            side_ports=tuple(int(port) for port in entry["side_ports"]),
            in_memory=bool(entry["in_memory"]),
        ),
        version=str(entry["version"]),
        log=str(entry["log"]),
    )
