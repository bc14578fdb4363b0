"""Clients that post to real web processes and remember every answer."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException

from migration.enums import HolderState
from migration.models import Holder
from tests.migration.bed import Bed
from tests.serving import WebServer, serving

PATIENCE = 30.0
WORKERS = 2
WRITERS = 4
POSTS_A_CONNECTION = 10
"""A connection stays with one process; new ones fall to either."""
PAUSE_SECONDS = 0.01
"""Between two posts of a writer, so that a test is about outages and not about load."""


@contextmanager
def web_processes(bed: Bed, **variables: str) -> Iterator[WebServer]:
    """Two processes, as in production; what they leave is in `web/` of the test's folder."""
    surroundings = {name: bed.environ[name] for name in ("DATABASE_URL", "DYNAMODB_TABLE", "KEYSPACE", "REDIS_URL")}
    with serving(
        "chatproject.wsgi:application",
        directory=bed.folder / "web",
        env={**surroundings, "SCYLLA_USER_TIMELINE": "off", "LOG_LEVEL": "ERROR", **variables},
        workers=WORKERS,
    ) as web:
        yield web


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` and `seconds` by the monotonic clock."""

    at: float
    seconds: float
    status: int


@dataclass
class Load:
    server: WebServer
    stop: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    pause: float = PAUSE_SECONDS

    def post_until_stopped(self, number: int) -> None:
        """A connection that breaks is an error of the test, unless it has killed the processes itself."""
        self._post_on(number, again=False)

    def post_through_kills(self, number: int) -> None:
        """A connection that breaks is replaced. What was under way has no answer, and is not sent again."""
        self._post_on(number, again=True)

    def _post_on(self, number: int, *, again: bool) -> None:
        connection, sent = self.server.connect(), 0
        while not self.stop.is_set():
            text = f"writer {number}, comment {sent}"
            sent += 1
            if sent % POSTS_A_CONNECTION == 0:
                connection.close()
                connection = self.server.connect()
            began = time.monotonic()
            try:
                body = json.dumps({"name": f"writer {number}", "comment": text})
                connection.request("POST", "/chat/comments/add", body)
                response = connection.getresponse()
                answer = json.loads(response.read())
            except (OSError, HTTPException):
                if not self.killed.is_set():
                    raise
                if not again:
                    return
                connection.close()
                connection = self.server.connect()
                continue
            if response.status == 200:
                self.accepted[text] = answer["time"]
            self.answers.append(Answer(began, time.monotonic() - began, response.status))
            time.sleep(self.pause)

    def await_answers(self, wanted: int) -> None:
        """Both processes serve, with their connections open."""
        deadline = time.monotonic() + PATIENCE
        while len(self.answers) < wanted or registered() < WORKERS:
            assert time.monotonic() < deadline, f"{len(self.answers)} answers, {registered()} processes"
            time.sleep(0.05)

    def kill(self, pids: list[int]) -> None:
        self.killed.set()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def since(self, at: float) -> list[Answer]:
        return [answer for answer in list(self.answers) if answer.at >= at]


@contextmanager
def posting(load: Load, *, through_kills: bool = False) -> Iterator[Load]:
    """Clients that post from when both processes serve until the block ends."""
    post = load.post_through_kills if through_kills else load.post_until_stopped
    with ThreadPoolExecutor(WRITERS) as threads:
        writers: list[Future[None]] = [threads.submit(post, number) for number in range(WRITERS)]
        try:
            load.await_answers(60)
            yield load
        finally:
            load.stop.set()
        for writer in writers:
            writer.result(60)


def registered() -> int:
    return Holder.objects.filter(state=HolderState.LIVE, kind="web").count()
