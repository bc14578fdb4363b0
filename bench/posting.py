"""Web processes under a steady load of posts, for claims about what clients notice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.rounds import NotMeasured
from bench.surroundings import REPOSITORY

START_SECONDS = 60.0
END_SECONDS = 20.0
BODY = '{"name": "ann", "comment": "good morning, all of you", "room": "chat"}'
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`began` and `ended` by the monotonic clock; `status` 0 where none came."""

    began: float
    ended: float
    status: int


@dataclass
class Load:
    """`clients` post in turn, each on a connection of its own, together `per_second` times a second."""

    port: int
    clients: int
    per_second: float
    answers: list[Answer] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        pause = self.clients / self.per_second
        due = time.monotonic() + number / self.per_second
        while not self.stop.wait(max(0.0, due - time.monotonic())):
            self.answers.append(_post(connection))
            # Behind its time it goes on at once, and does not catch up: a pause is not followed by a burst.
            due = max(due + pause, time.monotonic())
        connection.close()

    def between(self, began: float, ended: float) -> list[Answer]:
        return [one for one in list(self.answers) if one.began < ended and one.ended > began]


def _post(connection: HTTPConnection) -> Answer:
    began = time.monotonic()
    try:
        connection.request("POST", "/chat/comments/add", BODY, HEADERS)
        answer = connection.getresponse()
        answer.read()
        return Answer(began, time.monotonic(), answer.status)
    except (OSError, HTTPException):
        connection.close()
        return Answer(began, time.monotonic(), 0)


@contextmanager
def posting(*, clients: int, per_second: float) -> Iterator[Load]:
    with web() as port:
        load = Load(port, clients, per_second)
        threads = [threading.Thread(target=load.run, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.stop.set()
            for thread in threads:
                thread.join()


@contextmanager
def web() -> Iterator[int]:
    """Two web processes as in a deployment; the port they listen on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "8", "--no-log", "chatproject.wsgi:application"]
    log = Path(os.environ["VAR_DIR"]) / "web.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=REPOSITORY, env=dict(os.environ), stdout=output, stderr=output)
    try:
        _await_ready(port, log)
        yield port
    finally:
        server.terminate()
        server.wait(END_SECONDS)


def _await_ready(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise NotMeasured(f"the web processes are not ready: {log.read_text()[-500:]}")
