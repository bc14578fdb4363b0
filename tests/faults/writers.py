"""A real process that posts through the service, and is killed at a point that the test names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.migration import forks
from tests.migration.bed import Bed
from tests.migration.forks import Fork

# Boundaries are patched to die or to fail there; everything between them is the real code.
SCRIPT = """
import json, signal, time
from pathlib import Path
from django.conf import settings

order = json.loads(sys.argv[1])
settings.VAR_DIR = Path(order["folder"])

from chat.exceptions import StoreUnavailable
from chat.routing.process import router
from chat.services import post_comment
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.scylla.room import ScyllaRoomStore
from migration.ledger import quick, recorder
from migration.ledger.inflight import InFlight
from migration.ledger.spool import Spool

SOURCE, TARGET = DynamoStore, ScyllaRoomStore
authority, mirror = (SOURCE, TARGET) if order["authority"] == "dynamodb" else (TARGET, SOURCE)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def away(self, *_, **__):
    raise StoreUnavailable(self.id, "away, says the test")

def forget(*_, **__):
    return None

def then_die(owner, name):
    before = getattr(owner, name)
    def call(*words, **options):
        before(*words, **options)
        die()
    setattr(owner, name, call)

def post(text):
    print(json.dumps([text, post_comment(room="chat", name="ann", text=text).comment.time]), flush=True)

def switch_off(what):
    if what == "ledger":
        recorder.ProcessRecorder._record = forget
    if what == "spool":
        Spool.append = forget
    if what == "inflight":
        InFlight.mark = lambda *_, **__: None

def prepare(point):
    if point == "before the authority":
        authority.put = die
    if point == "after the authority":
        then_die(authority, "put")
    if point == "while the mirror waits":
        mirror.upsert = lambda *_: time.sleep(60)
    if point == "after the mirror":
        recorder.ProcessRecorder.end = die
    if point in ("before the ledger", "after the ledger", "before the spool", "after the spool", "all is well"):
        mirror.upsert = away
    if point == "before the ledger":
        recorder.ProcessRecorder.owed = die
    if point == "after the ledger":
        then_die(recorder.ProcessRecorder, "owed")
    if point in ("before the spool", "after the spool"):
        quick.QuickLedger.keep = lambda *_: False
        # Its thread would empty the spool within milliseconds.
        recorder.ProcessRecorder.tidy = forget
    if point == "before the spool":
        Spool.append = die
    if point == "after the spool":
        then_die(Spool, "append")
    if point == "while the spool is emptied":
        mirror.upsert = away
        quick.QuickLedger.keep = lambda *_: False
        then_die(recorder, "keep")

post("before it")
for what in order["off"]:
    switch_off(what)
if order["wait_for"]:
    print(json.dumps("ready"), flush=True)
    while not Path(order["wait_for"]).exists():
        time.sleep(0.01)
prepare(order["point"])
for number in range(order["posts"]):
    post(f"comment {number}")
if order["point"] == "while the mirror waits":
    die()
time.sleep(30)
die()
"""


@dataclass(frozen=True)
class Writer:
    process: Fork

    @property
    def accepted(self) -> dict[str, str]:
        """The time that was answered, for each text."""
        answers = [json.loads(line) for line in self.process.said.splitlines()]
        return {answer[0]: answer[1] for answer in answers if answer != "ready"}


def start(
    bed: Bed,
    control: Path,
    *,
    point: str,
    authority: str = "dynamodb",
    posts: int = 1,
    off: tuple[str, ...] = (),
    wait_for: Path | None = None,
    **variables: Any,
) -> Writer:
    """`off` names mechanisms to switch off. It posts one comment, then `posts` more once `wait_for` exists."""
    order = {
        "folder": str(bed.folder),
        "point": point,
        "authority": authority,
        "posts": posts,
        "off": off,
        "wait_for": str(wait_for) if wait_for else None,
    }
    environment = {
        "dynamodb_table": bed.ground.table,
        "keyspace": bed.ground.keyspace,
        "redis_url": bed.environ["REDIS_URL"],
        "scylla_user_timeline": "off",
    }
    return Writer(forks.start(SCRIPT, control, json.dumps(order), **environment, **variables))
