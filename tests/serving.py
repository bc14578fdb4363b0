"""A real granian process for tests that are about the server and the service together."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class WebServer:
    host: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=20)


@contextmanager
def serving(
    application: str, *, directory: Path, env: Mapping[str, str] | None = None, workers: int = 1
) -> Iterator[WebServer]:
    """Serve `module:callable` on a free loopback port until the block ends. `directory`: its log and data."""
    server = start(application, directory, dict(env or {}), workers)
    try:
        await_answer(server)
        yield server
    finally:
        stop(server.process)


def start(application: str, directory: Path, env: dict[str, str], workers: int) -> WebServer:
    directory.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), directory / "web.log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(workers), "--blocking-threads", "4", application]
    # The tests' own modules are found as they are here.
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "VAR_DIR": str(directory), **env}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=surroundings, stdout=output, stderr=output, start_new_session=True
        )
    return WebServer("127.0.0.1", port, process, log)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def await_answer(server: WebServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            connection = server.connect()
            connection.request("GET", "/healthz")
            if connection.getresponse().status:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the web process does not answer:\n{server.log.read_text()[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # A worker that a test had stopped, or that was just being started anew, outlives its parent.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
