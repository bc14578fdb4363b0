"""The write authority moves to CQL and back under load: real web processes, real engines, the real command."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import pytest

from migration.enums import HolderState, Phase, Step, WriteFlag
from migration.models import Holder, Rollout, Transition
from tests.migration.bed import Bed, run
from tests.migration.vectors import stand, write_flag
from tests.serving import WebServer, serving

WRITERS = 4
ROUND_TRIPS = 3
BREATH = 0.3
"""Seconds of ordinary load between two moves."""


@pytest.fixture
def server(bed: Bed, rollout: Rollout, tmp_path: Path) -> Iterator[WebServer]:
    """Two processes, as in production, in the phase before the authority moves."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    surroundings = {name: bed.environ[name] for name in ("DATABASE_URL", "DYNAMODB_TABLE", "KEYSPACE", "REDIS_URL")}
    with serving(
        "chatproject.wsgi:application",
        directory=tmp_path / "web",
        env={**surroundings, "CHAT_DEBUG_HEADERS": "true", "SCYLLA_USER_TIMELINE": "off", "LOG_LEVEL": "ERROR"},
        workers=2,
    ) as web:
        yield web


@dataclass
class Load:
    """Posts and reads until told to stop, and remembers every answer."""

    server: WebServer
    stop: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    stores: Counter[str] = field(default_factory=Counter)
    unseen: list[str] = field(default_factory=list)
    measured_from: float = inf
    longest: float = 0.0

    def write(self, number: int) -> None:
        connection = self.server.connect()
        sent = 0
        while not self.stop.is_set():
            text = f"writer {number}, comment {sent}"
            sent += 1
            began = time.monotonic()
            status, answer = self.ask(connection, "POST", "add", {"name": f"writer {number}", "comment": text})
            if began > self.measured_from:
                self.longest = max(self.longest, time.monotonic() - began)
            if status == 200:
                self.accepted[text] = answer["time"]
                self.look_for(connection, text, answer["time"])

    def look_for(self, connection: http.client.HTTPConnection, text: str, at: str) -> None:
        """What was accepted is there for the next reader, whichever store answers."""
        a_second_before = int(at.partition(".")[0]) - 1
        _, answer = self.ask(connection, "GET", f"latest/{a_second_before}", None)
        if text not in {comment["comment"] for comment in answer["response"]}:
            self.unseen.append(text)

    def ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, str] | None
    ) -> tuple[int, Any]:
        connection.request(method, f"/chat/comments/{path}", json.dumps(body) if body else None)
        response = connection.getresponse()
        self.statuses[response.status] += 1
        self.stores[f"{method} {response.headers['X-Chat-Store']}"] += 1
        return response.status, json.loads(response.read())


def warm_up(load: Load) -> None:
    """Both processes serve, with their connections open; only then waits are measured."""
    deadline = time.monotonic() + 30
    while Holder.objects.filter(state=HolderState.LIVE, acked_epoch__gte=1).count() < 2 or len(load.accepted) < 20:
        assert time.monotonic() < deadline, "the web processes did not register"
        time.sleep(0.05)
    load.measured_from = time.monotonic()


def move(verb: str) -> Transition:
    outcome = run("route", verb, "post_comment", "--reason", "a test under load", "--wait", "20")
    assert outcome.code == 0, outcome.error
    return Transition.objects.order_by("-pk")[0]


def test_three_round_trips_under_load_lose_nothing_double_nothing_and_fail_nobody(
    server: WebServer, bed: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    load = Load(server)
    moves = []
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [threads.submit(load.write, number) for number in range(WRITERS)]
        try:
            warm_up(load)
            for verb in ("advance", "rollback") * ROUND_TRIPS:
                moves.append(move(verb))
                time.sleep(BREATH)
        finally:
            load.stop.set()
        for writer in writers:
            writer.result(30)
    assert [(one.step, one.to_phase) for one in moves] == [(Step.DONE, "cutover"), (Step.DONE, "dual")] * ROUND_TRIPS
    assert write_flag() is WriteFlag.SOURCE_MIRROR

    # Nobody was refused, both stores have decided, and whoever looked found what he had posted.
    assert set(load.statuses) == {200}
    assert load.stores["POST dynamodb"] > 0
    assert load.stores["POST scylla-room"] > 0
    assert load.unseen == []

    # Exactly what was accepted, once, in both stores, at the time that was answered.
    assert run("ledger", "drain").code == 0
    expected = sorted((text, at) for text, at in load.accepted.items())
    assert sorted((item["comment"]["S"], item["time"]["S"]) for item in bed.items()) == expected
    assert sorted((row.text, row.time) for row in bed.rows()) == expected
    assert len({at for _, at in expected}) == len(expected)

    held = [one.hold_ms or 0.0 for one in moves]
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what somebody reads who changes the hold
            f"\n{len(expected)} comments, longest wait of a writer {load.longest * 1000:.0f} ms, "
            f"holds {', '.join(f'{ms:.0f}' for ms in held)} ms"
        )
    assert load.longest < 3.0
