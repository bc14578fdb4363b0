"""One router per process: made once, anew after a fork, and given back at the end (protocol F3, T1)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from chat.routing.process import router, use_router
from migration.enums import HolderState
from migration.models import Holder, Rollout
from tests.chat.routing.doubles import Setting
from tests.migration import forks

# Both processes report what they are: slot, holder, and whether their policy's threads run.
FORKS = """
import json, threading
from chat.routing.process import router
from migration.models import Holder

def report(this):
    membership = this.policy._membership
    print(json.dumps({
        "pid": os.getpid(),
        "slot": membership._registration.slot,
        "instants": [this.policy.next_instant() for _ in range(100)],
        "watched": any(thread.name == "flags-watcher" for thread in threading.enumerate()),
        "same": router() is this,
    }), flush=True)

first = router()
child = os.fork()
if child == 0:
    from django.db import connections
    second = router()
    assert second is not first
    report(second)
    second.policy.close()
    os._exit(0)
os.waitpid(child, 0)
report(first)
states = dict(Holder.objects.values_list("pid", "state"))
print(json.dumps({"parent": states[os.getpid()], "child": states[child]}), flush=True)
"""

ENDS = "import django; django.setup(); from chat.routing.process import router; router()"

LOCKED = """
from chat.routing import process
import threading
held, go_on = threading.Event(), threading.Event()
def hold():
    with process._lock:
        held.set()
        go_on.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    os._exit(0 if process._lock.acquire(timeout=5) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run(script: str, control: Path, **variables: str) -> list[str]:
    process = forks.start(script, control, **variables)
    assert process.wait() == 0, process.said
    return process.said.splitlines()


def test_a_forked_child_registers_for_itself_and_leaves_its_parent_alone(control: Path) -> None:
    child, parent, states = [json.loads(line) for line in run(FORKS, control)]
    assert child["pid"] != parent["pid"]
    assert (parent["slot"], child["slot"]) == (0, 1)
    assert {us % 100 for us in child["instants"]} == {1}
    assert {us % 100 for us in parent["instants"]} == {0}
    assert child["watched"]
    assert parent["watched"]
    assert child["same"]
    assert parent["same"]
    assert states == {"parent": "live", "child": "left"}


def test_at_its_end_a_process_gives_its_registration_back(control: Path) -> None:
    subprocess.run([sys.executable, "-c", ENDS], env=forks.surroundings(control), timeout=60, check=True)
    assert Holder.objects.get().state == HolderState.LEFT


def test_a_fork_at_a_bad_moment_does_not_hang_the_child(control: Path) -> None:
    """Another thread of the parent is making the router; in the child that thread does not exist."""
    assert run(LOCKED, control) == ["0"]


def test_a_fixed_backend_asks_no_control_plane(tmp_path: Path) -> None:
    script = "from chat.routing.process import router\nprint(*router().policy.health().answering)"
    nowhere = tmp_path / "none.sqlite3"
    assert run(script, nowhere, db_backend="dual") == ["dynamodb"]
    assert not nowhere.exists()


REGISTERS = """
from chat.exceptions import NotServing
from chat.routing.process import router
from migration.models import Holder
try:
    print(router().policy.health().answering)
except NotServing as error:
    print(error)
print(list(Holder.objects.values_list("backend", "state")))
"""


def test_a_fixed_backend_registers_while_a_rollout_is_under_way(control: Path) -> None:
    """Both would name instants: without a slot of the rollout's own they might name the same one (protocol T1)."""
    assert run(REGISTERS, control, db_backend="dynamodb") == [
        "frozenset({<StoreId.DYNAMODB: 'dynamodb'>})",
        "[('dynamodb', 'live')]",
    ]


def test_a_fixed_backend_that_the_phases_contradict_does_not_serve(control: Path) -> None:
    # One that was moved: the phases of an untouched installation contradict nobody.
    Rollout.objects.update(epoch=2)
    said, holders = run(REGISTERS, control, db_backend="scylla")
    assert said.startswith("DB_BACKEND=scylla contradicts the rollout from dynamodb to scylla-room")
    assert holders == "[]"


def test_without_a_registrar_a_fixed_backend_serves_alone(control: Path) -> None:
    alone = "from django.conf import settings\ndel settings.CHAT_FIXED_REGISTRAR\n" + REGISTERS
    said, holders = run(alone, control, db_backend="scylla")
    assert said == "frozenset({<StoreId.SCYLLA_ROOM: 'scylla-room'>})"
    assert holders == "[]"


def test_within_the_block_a_test_has_its_own_router() -> None:
    mine = Setting().router
    with use_router(mine):
        assert router() is mine
