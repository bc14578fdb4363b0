"""`manage.py parity`: exit 0 only when the stores agree, with counts, digests and the keys that differ."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from chat.exceptions import StoreUnavailable
from chat.stores.dynamodb.store import DynamoStore
from migration.management import runcommand
from migration.models import Run
from migration.parity import runs
from migration.segments import lease
from tests.migration.bed import Bed, comment, run
from tests.serving import free_port

INLINE = ("parity", "run", "--inline")


@pytest.fixture
def equal(bed: Bed) -> Bed:
    rows = [comment(number, room=f"room {number % 2}") for number in range(10)]
    bed.seed_source(rows)
    bed.target.upsert_many(rows)
    return bed


def test_equal_stores_exit_0_with_one_digest(equal: Bed) -> None:
    done = run(*INLINE)
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    assert lines[:2] == [
        "Parity 1 of dynamodb and scylla-room: done, 2 of 2 rooms",
        "  compared 10, missing 0, extra 0, different 0, in quarantine 0",
    ]
    assert lines[2].removeprefix("  digest of source ") == lines[3].removeprefix("  digest of target ")


def test_the_same_as_json(equal: Bed) -> None:
    done = run(*INLINE, "--json").json
    begun = Run.objects.get()
    assert done.pop("digest_source") == done.pop("digest_target")
    assert done == {
        "run": 1,
        "state": "done",
        "error": "",
        "slow_because": "",
        "when": begun.started_at.isoformat(timespec="seconds"),
        "covers_until_us": begun.horizon_us,
        "compared": 10,
        "missing": 0,
        "extra": 0,
        "different": 0,
        "quarantined": 0,
        "rooms": 2,
        "rooms_done": 2,
        "clean": True,
    }


def test_stores_that_differ_exit_1_and_name_the_keys(equal: Bed) -> None:
    equal.target.delete(comment(2, room="room 0"))
    equal.insert(replace(comment(3, room="room 1"), text="other"))
    equal.insert(comment(99, room="room 1"))
    differ = run(*INLINE)
    assert (differ.code, differ.error) == (1, "the stores differ")
    assert "compared 11, missing 1, extra 1, different 1, in quarantine 0" in differ.out
    assert run("parity", "status").code == 1
    listed = run("parity", "differences", "--json")
    assert listed.code == 0
    found = {(row["kind"], row["room"], row["name"], row["time"]) for row in listed.json["differences"]}
    assert found == {
        ("missing", "room 0", "ann", comment(2).time),
        ("different", "room 1", "ann", comment(3).time),
        ("extra", "room 1", "ann", comment(99).time),
    }
    text = run("parity", "differences").out
    assert text.splitlines()[0].split() == ["KIND", "ROOM", "NAME", "TIME", "DIGEST_SOURCE", "DIGEST_TARGET"]


def test_one_room_alone(equal: Bed) -> None:
    equal.insert(comment(99, room="room 1"))
    assert run(*INLINE, "--room", "room 0").code == 0
    assert run(*INLINE, "--room", "room 1").code == 1


def test_no_difference_is_said_so(equal: Bed) -> None:
    run(*INLINE)
    assert run("parity", "differences").out == "Parity run 1 found no difference.\n"


@pytest.mark.parametrize("verb", ["status", "differences"])
def test_without_any_run_it_says_how_to_start_one(bed: Bed, verb: str) -> None:
    refused = run("parity", verb)
    assert (refused.code, refused.error) == (1, "there is no parity yet: `manage.py parity run`")


@pytest.mark.parametrize("room", ["", "half \ud800"])
def test_what_cannot_be_a_room_is_refused(control: object, room: str) -> None:
    with pytest.raises(CommandError, match="cannot be the name of a room"):
        call_command("parity", "run", f"--room={room}")


def test_a_room_that_cannot_be_read_fails_the_run(equal: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(store: DynamoStore, room: str) -> Any:
        raise StoreUnavailable("dynamodb", "throttled")

    monkeypatch.setattr(DynamoStore, "stream_room", throttled)
    monkeypatch.setattr(lease, "RETRY_SECONDS", (0.0,) * 4)
    failed = run(*INLINE)
    assert failed.code == 1
    assert failed.error == "2 of 2 failed for good, the first is room 'room 0': dynamodb: throttled"


def test_a_missing_engine_is_exit_3_and_named(bed: Bed, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.stores.registry._stores", {})
    update = {"dynamodb_endpoint_url": f"http://127.0.0.1:{free_port()}", "worker_timeout_seconds": 1.0}
    settings.ENV = settings.ENV.model_copy(update=update)
    away = run(*INLINE)
    assert away.code == 3
    assert "dynamodb cannot be reached at" in away.error
    assert not Run.objects.exists()


def test_an_interrupted_run_goes_on_with_resume(equal: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = runs.__dict__["compare"]
    compared: list[str] = []

    def interrupted(room: str, *args: Any, **options: Any) -> Any:
        compared.append(room)
        if len(compared) == 2:
            raise KeyboardInterrupt
        return compare(room, *args, **options)

    monkeypatch.setattr(runs, "compare", interrupted)
    left = run(*INLINE)
    assert (left.code, left.error) == (4, "interrupted; go on with `manage.py parity resume`")
    assert run("parity", "resume", "--inline").code == 0
    assert compared == ["room 0", "room 1", "room 1"]
    assert run("parity", "resume", "--inline").error == "refused, nothing was started: no parity is unfinished"


def test_waiting_for_workers_shows_progress_and_ends_with_the_run(equal: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are elsewhere: here they do one room between two looks."""
    begun = runs.start(actor="test")
    rooms = list(begun.segments.values_list("pk", flat=True))
    monkeypatch.setattr(runcommand, "SHOW_SECONDS", 0.0)
    monkeypatch.setattr(runcommand, "check_workers", lambda kind: None)
    monkeypatch.setattr(runcommand, "dispatch", lambda begun: None)
    sleeping = SimpleNamespace(sleep=lambda seconds: runs.work(rooms.pop()))
    monkeypatch.setattr("migration.management.waiting.time", sleeping)
    done = run("parity", "resume", "--wait")
    assert done.code == 0
    assert done.out.splitlines()[:2] == [
        "  0 of 2 rooms, 0 comments compared",
        "  1 of 2 rooms, 5 comments compared",
    ]


def test_as_an_operator_runs_it(equal: Bed) -> None:
    equal.insert(comment(99, room="room 1"))
    differ = equal.manage("parity", "run", "--inline", "--json")
    assert (differ.code, differ.json["clean"], differ.json["extra"]) == (1, False, 1)
    assert differ.error == "CommandError: the stores differ\n"
