"""`manage.py backfill`: what it prints, what it exits with, and how an interrupted run goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from chat.data import Comment
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.backfill import copiers, scanning
from migration.enums import SegmentState
from migration.management import runcommand, waiting
from migration.models import AuditEvent, Run, Segment
from migration.segments import sweep
from migration.segments.lease import claim
from tests.migration import broker as brokers
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes, run
from tests.serving import free_port

INLINE = ("backfill", "start", "--inline")


@pytest.fixture
def mirrored(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Bed:
    mirror_writes()
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.02)
    return bed


@pytest.fixture
def seeded(mirrored: Bed, monkeypatch: pytest.MonkeyPatch) -> Bed:
    """Twenty comments in pages of five, and one item that cannot be mapped."""
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 5)
    mirrored.seed_source(comment(number, name=f"name {number % 3}") for number in range(20))
    mirrored.put_items(
        [{"name": {"S": "ann"}, "time": {"S": "test_time"}, "comment": {"S": "x"}, "chat_room": {"S": "a"}}]
    )
    return mirrored


def test_a_backfill_inline_copies_everything_and_shows_its_accounts(seeded: Bed) -> None:
    done = run(*INLINE, "--segments", "2", "--actor", "ann")
    assert (done.code, done.error) == (0, "")
    assert done.out.splitlines()[:2] == [
        "Backfill 1 from dynamodb to scylla-room: done",
        "  read 21 = written 20 + quarantined 1 + skipped 0 (balanced)",
    ]
    assert "segments 2 done" in done.out
    assert "  in quarantine: time_not_a_number 1" in done.out
    assert len(seeded.rows()) == 20
    assert AuditEvent.objects.get().actor == "ann"


def test_the_same_as_json(seeded: Bed) -> None:
    done = run(*INLINE, "--json").json
    assert done.pop("seconds") > 0
    assert done.pop("rows_per_s") > 0
    assert done == {
        "run": 1,
        "way": "scan",
        "state": "done",
        "error": "",
        "slow_because": "",
        "limits": {"rows_per_second": None, "read_units_per_second": None},
        "reasons": {"time_not_a_number": 1},
        "read": 21,
        "written": 20,
        "quarantined": 1,
        "skipped": 0,
        "balanced": True,
        "eta_seconds": None,
        "segments": {"pending": 0, "leased": 0, "done": 4, "failed": 0, "cancelled": 0},
    }
    assert run("backfill", "status", "--json").json["read"] == 21


def test_long_work_shows_progress(seeded: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runcommand, "SHOW_SECONDS", 0.0)
    lines = run(*INLINE, "--segments", "1").out.splitlines()
    assert lines[0].startswith("  21 items read (100 %), ")
    assert lines[0].endswith(" items/s, time left 0 s")


def test_a_backfill_while_writes_are_not_mirrored_is_refused(bed: Bed) -> None:
    refused = run(*INLINE)
    assert refused.code == 1
    assert refused.error.startswith("refused, nothing was started: writes are not mirrored to scylla-room")
    assert not Run.objects.exists()


def test_status_without_any_run_says_how_to_start_one(bed: Bed) -> None:
    refused = run("backfill", "status")
    assert (refused.code, refused.error) == (1, "there is no backfill yet: `manage.py backfill start`")


def test_a_failed_run_exits_1_and_says_why(mirrored: Bed) -> None:
    begun = copying.begin(segments=1)
    Segment.objects.update(state=SegmentState.FAILED, error="scylla-room: away")
    failed = run("backfill", "status")
    assert failed.code == 1
    assert "the first is segment 0: scylla-room: away. Mend that" in failed.error
    assert f"Backfill {begun.pk} from dynamodb to scylla-room: failed" in failed.out


def test_a_missing_engine_is_exit_3_and_named(mirrored: Bed, settings: Any) -> None:
    update = {"dynamodb_endpoint_url": f"http://127.0.0.1:{free_port()}", "worker_timeout_seconds": 1.0}
    settings.ENV = settings.ENV.model_copy(update=update)
    away = run(*INLINE)
    assert away.code == 3
    assert f"dynamodb cannot be reached at {update['dynamodb_endpoint_url']} (from DYNAMODB_ENDPOINT_URL)" in away.error
    assert not Run.objects.exists()


def test_an_interrupted_run_is_left_as_it_is_and_goes_on_with_resume(
    seeded: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = 0

    def interrupted(store: Store, comments: list[Comment], **options: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise KeyboardInterrupt
        write_many(store, comments, **options)

    monkeypatch.setattr(copiers, "write_many", interrupted)
    left = run(*INLINE, "--segments", "1")
    assert (left.code, left.error) == (4, "interrupted; go on with `manage.py backfill resume`")
    segment = Segment.objects.get()
    assert (segment.state, segment.read, segment.attempts) == (SegmentState.PENDING, 10, 0)
    assert "a backfill is running" in run(*INLINE).error
    done = run("backfill", "resume", "--inline")
    assert done.code == 0
    assert "  read 21 = written 20 + quarantined 1 + skipped 0 (balanced)" in done.out
    assert Run.objects.count() == 1


def test_resume_takes_back_what_a_dead_process_held(seeded: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "LEASE_SECONDS", 0.1)
    begun = copying.begin(segments=2)
    claim(Segment.objects.get(run=begun, number=1).pk)
    done = run("backfill", "resume", "--inline")
    assert done.code == 0
    assert "read 21 = written 20" in done.out
    assert Segment.objects.get(run=begun, number=1).fence == 2


def test_resume_without_an_unfinished_run_is_refused(mirrored: Bed) -> None:
    copying.finish(copying.begin())
    refused = run("backfill", "resume", "--inline")
    assert (refused.code, refused.error) == (1, "refused, nothing was started: no backfill is unfinished")


@pytest.mark.parametrize("count", ["0", "-1", "10001", "four", "1.5", "²", "9" * 5000])
def test_a_bad_number_of_segments_is_refused(control: object, count: str) -> None:
    with pytest.raises(CommandError, match="is not a whole number from 1 to 10000"):
        call_command("backfill", "start", f"--segments={count}")


def test_without_a_broker_it_exits_3_and_names_inline(mirrored: Bed) -> None:
    with brokers.application(f"redis://127.0.0.1:{free_port()}/0"):
        away = run("backfill", "start")
    assert away.code == 3
    assert away.error.startswith("the broker does not answer (Error 111 connecting to 127.0.0.1:")
    assert away.error.endswith("start Redis, or add --inline")
    assert not Run.objects.exists()


def test_without_a_worker_it_exits_3_and_names_inline(mirrored: Bed) -> None:
    with brokers.broker():
        alone = run("backfill", "start")
    assert alone.code == 3
    assert alone.error.startswith("no worker listens on the queue 'backfill'")
    assert "add --inline" in alone.error
    assert not Run.objects.exists()


def test_as_an_operator_runs_it(seeded: Bed) -> None:
    done = seeded.manage("backfill", "start", "--inline", "--json")
    assert (done.code, done.json["read"], done.json["balanced"]) == (0, 21, True)
    assert len(seeded.rows()) == 20


def test_help_needs_neither_engine_nor_database(bed: Bed) -> None:
    nowhere = f"{bed.folder / 'nowhere'}"
    shown = bed.manage(
        "backfill", "--help", DATABASE_URL=f"sqlite:///{nowhere}/x", DYNAMODB_ENDPOINT_URL="http://127.0.0.1:1"
    )
    assert shown.code == 0
    assert "manage.py backfill start --segments 4 --wait" in shown.out
