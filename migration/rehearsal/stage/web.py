"""Asks the web processes of a rehearsal."""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPConnection, HTTPException
from typing import Any

from migration.exceptions import ControlError


class NotReady(ControlError):
    """The web processes did not become ready in time."""


def free_port(wanted: int) -> int:
    """The wanted port, or the next one nobody listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise NotReady(f"no free port from {wanted} to {wanted + 99}")


def await_ready(port: int, *, seconds: float) -> dict[str, Any]:
    """What `/readyz` says once it says 200."""
    deadline = time.monotonic() + seconds
    last = "no answer"
    while time.monotonic() < deadline:
        try:
            status, body = get(port, "/readyz")
        except (OSError, HTTPException) as error:
            last = str(error)
        else:
            if status == 200:
                ready: dict[str, Any] = json.loads(body)
                return ready
            last = body
        time.sleep(0.1)
    raise NotReady(f"the web processes on port {port} were not ready within {seconds:.0f} s: {last}")


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
