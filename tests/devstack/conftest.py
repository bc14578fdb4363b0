"""A stack of its own for each test: own files, own ports, nothing in common with one that runs in `var/`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CHOOSERS = ("DYNAMODB_PORT", "SCYLLA_PORT", "REDIS_PORT")


@dataclass(frozen=True)
class Stack:
    """Runs `python -m devstack` for one var directory."""

    var: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "devstack", *words],
            check=False,
            cwd=REPOSITORY,
            env={**self.environ, **(environ or {})},
            capture_output=True,
            text=True,
        )

    def start(self, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "devstack", *words],
            cwd=REPOSITORY,
            env={**self.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_engines(self) -> dict[str, Any]:
        state = self.var / "devstack.json"
        return dict(json.loads(state.read_text())["engines"]) if state.exists() else {}

    def read_port(self, variable: str) -> int:
        return int(self.environ[variable])


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("DEVSTACK", "WEB_PORT", "EVENTS_PORT")
    }
    ports = dict(zip(CHOOSERS, map(str, choose_ports(len(CHOOSERS))), strict=True))
    stack = Stack(tmp_path / "var", {**inherited, **ports, "DEVSTACK_VAR": str(tmp_path / "var")})
    yield stack
    stack.run("down")


def choose_ports(count: int) -> list[int]:
    """Ports the kernel calls free; held together until all are known, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()
