"""A writer: logs what it is about to post, posts it once, logs what came back, and goes on."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

from .client import Answer, Client
from .log import FsyncedLog
from .pace import Pace
from .tally import Tally
from .texts import comment_for, name_for

ADD = "/chat/comments/add"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One post, sent at most once; `id` is unique over all runs."""

    id: str
    name: str
    comment: str

    def record(self, *, kind: str, time_text: str | None = None, answer: Answer | None = None) -> dict[str, object]:
        """A log line; `at` is Unix time in seconds, `ms` the duration of the request."""
        return {
            "kind": kind,
            "id": self.id,
            "name": self.name,
            "comment": self.comment,
            "time": time_text,
            "status": answer.status if answer else None,
            "ms": answer.ms if answer else None,
            "store": answer.store if answer else None,
            "epoch": answer.epoch if answer else None,
            "at": time.time(),
        }


@dataclass(frozen=True, slots=True)
class Writer:
    """One posting thread. `run_id` keeps the texts of two runs on one table apart."""

    number: int
    run_id: str
    client: Client
    log: FsyncedLog
    pace: Pace
    tally: Tally

    def run(self, stopped: threading.Event) -> None:
        """Post until told to stop or the count is used up. A failed post is not sent again."""
        posted = 0
        while self.pace.take_turn(stopped):
            self._post(posted)
            posted += 1
        self.client.close()

    def _post(self, posted: int) -> None:
        id = f"{self.run_id}-w{self.number}-{posted}"
        # Writers start at different places of the lists, so that one instant sees different names and shapes.
        spread = posted + self.number * 5
        attempt = Attempt(id=id, name=name_for(spread), comment=comment_for(spread, id=id))
        self.log.commit(attempt.record(kind="intent"))
        answer = self.client.post(ADD, {"name": attempt.name, "comment": attempt.comment})
        time_text, fault = read_acknowledgement(answer)
        outcome = attempt.record(kind="outcome", time_text=time_text, answer=answer) | {"error": fault}
        self.log.commit(outcome)
        self.tally.count_post(ok=fault is None)


def read_acknowledgement(answer: Answer) -> tuple[str | None, str | None]:
    """The time text of an acknowledged post, or why the answer acknowledges none (exactly one is None)."""
    if answer.fault is not None:
        return None, answer.fault
    try:
        document = json.loads(answer.body)
    except ValueError as error:
        return None, f"the answer to a post is not JSON: {error}"
    if not isinstance(document, dict) or not isinstance(document.get("time"), str):
        return None, "the answer to a post names no time"
    return document["time"], None
