"""`backfill pause|resume|cancel|rate`, and what `status` says of a run that is steered."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from chat.data import Comment
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.backfill import copiers, indexed, scanning
from migration.enums import RunState, SegmentState
from migration.management import waiting
from migration.models import AuditEvent, Rollout, Route, Run, Segment, StoreState
from migration.parity import runs as parity
from migration.segments import steering
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes, run

WHO = ("--actor", "ann", "--reason", "lunch")


@pytest.fixture
def seeded(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Bed:
    """Twenty comments in pages of five."""
    mirror_writes()
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 5)
    bed.seed_source(comment(number, name=f"name {number % 3}") for number in range(20))
    return bed


@pytest.fixture
def begun(seeded: Bed) -> Run:
    return copying.begin(segments=2)


def test_pause_and_resume(begun: Run) -> None:
    paused = run("backfill", "pause", str(begun.pk), *WHO)
    assert paused.code == 0
    assert paused.out.splitlines()[0] == "Backfill 1 from dynamodb to scylla-room: paused"
    assert "  slow: paused by ann (lunch); go on with `manage.py backfill resume 1`" in paused.out
    event = AuditEvent.objects.latest("pk")
    assert (event.actor, event.action, event.subject, event.reason) == ("ann", "backfill.pause", "run 1", "lunch")
    status = run("backfill", "status", "--json")
    assert (status.code, status.json["state"], status.json["eta_seconds"]) == (0, "paused", None)
    done = run("backfill", "resume", "1", "--inline", "--json", *WHO)
    assert (done.code, done.json["state"], done.json["read"]) == (0, "done", 20)
    assert AuditEvent.objects.latest("pk").action == "backfill.resume"


def test_a_run_that_is_paused_while_a_command_works_on_it_leaves_with_4(
    seeded: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pausing(store: Store, comments: list[Comment], **options: Any) -> None:
        write_many(store, comments, **options)
        if Run.objects.get().state == RunState.RUNNING:
            steering.pause(1, actor="bob", reason="")

    monkeypatch.setattr(copiers, "write_many", pausing)
    left = run("backfill", "start", "--inline", "--segments", "1")
    assert (left.code, left.error) == (4, "paused by bob; go on with `manage.py backfill resume 1`")
    assert Segment.objects.get().read == 5


def test_cancel_is_final_and_says_what_was_copied(begun: Run) -> None:
    Segment.objects.filter(number=0).update(read=7, written=6, quarantined=1)
    cancelled = run("backfill", "cancel", str(begun.pk), *WHO, "--json")
    assert (cancelled.code, cancelled.json["state"]) == (0, "cancelled")
    said = "cancelled by ann (lunch): read 7 = written 6 + quarantined 1 + skipped 0 until then"
    assert cancelled.json["error"] == said
    assert (run("backfill", "status").code, run("backfill", "status").error) == (1, said)
    again = run("backfill", "resume", str(begun.pk), "--inline")
    assert (again.code, again.error) == (1, f"refused, nothing was started: run 1 is cancelled: {said}")
    assert set(Segment.objects.values_list("state", flat=True)) == {SegmentState.CANCELLED}


def test_cancel_wants_its_run_named(control: object) -> None:
    with pytest.raises(CommandError, match="the following arguments are required: RUN"):
        call_command("backfill", "cancel")


def test_rates_are_set_one_by_one_and_taken_away(begun: Run) -> None:
    assert run("backfill", "rate", "1", "--rows-per-second", "500", *WHO).code == 0
    both = run("backfill", "rate", "--read-units", "40", "--json", *WHO).json
    assert both["limits"] == {"rows_per_second": 500, "read_units_per_second": 40}
    shown = run("backfill", "rate", "1", "--rows-per-second", "none")
    assert "  limited to 40 read units per second" in shown.out
    begun.refresh_from_db()
    assert (begun.rows_per_second, begun.read_units_per_second) == (None, 40)


def test_rate_without_a_limit_is_a_usage_error(begun: Run) -> None:
    refused = run("backfill", "rate", "1")
    assert (refused.code, refused.error) == (2, "name a limit: --rows-per-second N, --read-units N, or both")


@pytest.mark.parametrize("rate", ["0", "-5", "fast", "1.5", "99999999999"])
def test_a_bad_rate_is_refused(control: object, rate: str) -> None:
    with pytest.raises(CommandError, match=r"is not a whole number from 1 to 2000000000, or none"):
        call_command("backfill", "rate", "1", f"--rows-per-second={rate}")


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "rate"])
def test_a_run_that_is_not_there_is_named(seeded: Bed, verb: str) -> None:
    more = {"resume": ("--inline",), "rate": ("--rows-per-second", "1")}.get(verb, ())
    refused = run("backfill", verb, "77", *more)
    assert (refused.code, refused.error) == (1, "there is no backfill run 77")


def test_pause_without_an_unfinished_run_is_refused(seeded: Bed) -> None:
    refused = run("backfill", "pause")
    assert (refused.code, refused.error) == (1, "refused, nothing was changed: no backfill is unfinished")


def test_status_shows_each_segment_when_asked(begun: Run) -> None:
    Segment.objects.filter(number=1).update(state=SegmentState.FAILED, read=3, written=3, error="away")
    shown = run("backfill", "status", "1", "--segments").out.splitlines()
    head = next(number for number, line in enumerate(shown) if line.startswith("NUMBER"))
    assert [line.split() for line in shown[head + 1 :]] == [
        ["0", "pending", "0", "0", "0", "0", "0"],
        ["1", "failed", "3", "3", "0", "0", "0", "away"],
    ]
    assert run("backfill", "status", "--segments", "--json").json["each_segment"][1]["error"] == "away"
    assert "each_segment" not in run("backfill", "status", "--json").json


def test_status_of_a_run_that_nobody_works_on_says_so(begun: Run) -> None:
    shown = run("backfill", "status")
    assert "  slow: no worker is at it just now" in shown.out
    assert "time left unknown" in shown.out


def test_by_rooms(seeded: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexed, "INDEX_LAG_SECONDS", 0.0)
    done = run("backfill", "start", "--source", "rooms", "--inline", "--json", *WHO).json
    assert (done["way"], done["read"], done["segments"]["done"]) == ("rooms", 20, 2)
    assert AuditEvent.objects.latest("pk").reason == "lunch"


def test_reverse_says_that_parity_must_follow(seeded: Bed) -> None:
    Route.objects.filter(endpoint="post_comment").update(phase="cutover", write_flag="target+mirror", version=3)
    Rollout.objects.update(epoch=3)
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence={"epoch": 2})
    StoreState.objects.filter(store="scylla-room").update(complete=True)
    seeded.target.upsert_many([comment(number, name=f"name {number % 3}") for number in range(25)])
    done = run("backfill", "start", "--source", "reverse", "--inline", "--segments", "2")
    assert done.code == 0
    assert "Backfill 1 from scylla-room to dynamodb: done" in done.out
    wanted = "dynamodb is not complete yet: `manage.py parity run` over all rooms must find no difference first"
    assert wanted in done.out
    assert len(seeded.items()) == 25
    assert run("parity", "run", "--inline").code == 0
    assert StoreState.objects.get(store="dynamodb").complete
    assert wanted not in run("backfill", "status").out


def test_parity_is_paused_resumed_and_cancelled_in_the_same_way(seeded: Bed) -> None:
    mirrored = parity.start(actor="test")
    assert run("parity", "pause", *WHO).code == 0
    assert "  slow: paused by ann (lunch); go on with `manage.py parity resume 1`" in run("parity", "status").out
    assert parity.work(mirrored.segments.get().pk) is None
    assert run("parity", "resume", "--inline").code == 1, "the stores differ"
    again = parity.start(actor="test")
    cancelled = run("parity", "cancel", str(again.pk), "--json", *WHO)
    assert cancelled.code == 0
    assert cancelled.json["error"] == "cancelled by ann (lunch): 0 of 1 rooms compared until then"
