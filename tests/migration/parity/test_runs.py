"""A parity run covers every room of either store up to its horizon, and is clean only if all of them are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chat.clock import wall_us
from chat.conf import env
from chat.data import Comment
from chat.exceptions import StoreUnavailable
from chat.stores.dynamodb.store import DynamoStore
from migration.enums import RunState, SegmentState
from migration.models import AuditEvent, Difference, Run, Segment
from migration.parity import runs
from migration.parity.comparing import compare
from migration.parity.runs import close_if_done, start, totals, work
from migration.segments.sweep import requeue
from tests.migration.bed import Bed, comment

MINUTE_US = 60_000_000


def begin(room: str | None = None) -> Run:
    return start(actor="test", room=room)


def finish(run: Run) -> Run:
    while waiting := list(run.segments.filter(state=SegmentState.PENDING)):
        for segment in waiting:
            work(segment.pk)
    return close_if_done(run.pk)


def same(bed: Bed, rows: list[Comment]) -> None:
    bed.seed_source(rows)
    bed.target.upsert_many(rows)


def test_every_room_of_either_store_is_compared(bed: Bed) -> None:
    same(bed, [comment(1, room="both"), comment(2, room="nul\x00"), comment(3, room="日本語")])
    bed.seed_source([comment(4, room="source only")])
    bed.target.upsert(comment(5, room="target only"))
    run = begin()
    assert (run.kind, run.epoch, run.expected) == ("parity", 1, 5)
    assert sorted(run.segments.values_list("label", flat=True)) == sorted(
        ["both", "nul\x00", "source only", "target only", "日本語"]
    )
    done = finish(run)
    assert (done.state, done.error) == (RunState.DONE, "")
    sums = totals(done)
    assert {name: sums[name] for name in ("rooms", "rooms_done", "compared", "missing", "extra", "different")} == {
        "rooms": 5,
        "rooms_done": 5,
        "compared": 5,
        "missing": 1,
        "extra": 1,
        "different": 0,
    }
    assert sums["clean"] is False
    assert sums["digest_source"] != sums["digest_target"]
    assert AuditEvent.objects.get(action="parity.start").after == {"rooms": 5}


def test_equal_stores_are_clean_with_one_digest(bed: Bed) -> None:
    same(bed, [comment(number, room=f"room {number % 4}") for number in range(40)])
    done = finish(begin())
    sums = totals(done)
    assert (sums["clean"], sums["compared"]) == (True, 40)
    assert sums["digest_source"] == sums["digest_target"] != "0" * 32
    assert not Difference.objects.exists()


def test_one_comment_in_the_wrong_room_changes_the_digest_though_the_counts_agree(bed: Bed) -> None:
    bed.seed_source([comment(1, room="a"), comment(2, room="b")])
    bed.target.upsert_many([comment(1, room="b"), comment(2, room="b")])
    sums = totals(finish(begin()))
    assert (sums["missing"], sums["extra"]) == (1, 1)
    assert sums["digest_source"] != sums["digest_target"]


def test_differences_are_kept_by_key_with_both_digests(bed: Bed) -> None:
    bed.seed_source([comment(1), comment(2)])
    bed.target.upsert_many([replace(comment(1), text="other"), comment(3)])
    finish(begin())
    kept = Difference.objects.order_by("time").values_list("kind", "room", "name", "time")
    assert list(kept) == [
        ("different", "chat", "ann", comment(1).time),
        ("missing", "chat", "ann", comment(2).time),
        ("extra", "chat", "ann", comment(3).time),
    ]
    known = Difference.objects.order_by("time").values_list("digest_source", "digest_target")
    assert [(bool(source), bool(target)) for source, target in known] == [(True, True), (True, False), (False, True)]


def test_one_room_alone_can_be_compared(bed: Bed) -> None:
    bed.target.upsert_many([comment(1, room="a"), comment(2, room="b")])
    sums = totals(finish(begin(room="b")))
    assert (sums["rooms"], sums["extra"]) == (1, 1)


def test_no_room_at_all_is_a_clean_run(bed: Bed) -> None:
    sums = totals(close_if_done(begin().pk))
    assert (sums["rooms"], sums["clean"], sums["digest_source"]) == (0, True, "0" * 32)


def test_a_room_whose_name_cql_cannot_hold_has_nothing_to_compare(bed: Bed) -> None:
    bed.put_items(
        [
            {
                "name": {"S": "ann"},
                "time": {"S": "1600000000.5"},
                "comment": {"S": "x"},
                "chat_room": {"S": "half \ud800"},
            }
        ]
    )
    assert totals(finish(begin()))["rooms"] == 0


def test_comments_of_the_last_minute_are_left_to_the_ledger(bed: Bed) -> None:
    now = wall_us()
    bed.target.upsert_many([replace(comment(0), time_us=now - age) for age in (0, MINUTE_US // 2, 2 * MINUTE_US)])
    run = begin()
    assert run.horizon_us == pytest.approx(now - env().parity_horizon_seconds * 1_000_000, abs=10_000_000)
    assert totals(finish(run))["extra"] == 1


def test_the_horizon_is_drawn_before_the_rooms_are_listed(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing takes long on a large table: a room born meanwhile must not be left out of what is covered."""
    listed = runs.rooms_of_both
    clock = wall_us()
    monkeypatch.setattr(runs, "wall_us", lambda: clock)

    def slowly(rollout: Any) -> list[str]:
        nonlocal clock
        rooms = listed(rollout)
        clock += 10 * MINUTE_US
        return rooms

    monkeypatch.setattr(runs, "rooms_of_both", slowly)
    began = clock
    assert begin().horizon_us == began - env().parity_horizon_seconds * 1_000_000


def test_a_store_that_is_away_is_tried_again_and_the_run_fails_if_it_stays_so(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(bed, [comment(1, room="a"), comment(2, room="b")])
    stream = DynamoStore.stream_room

    def away(store: DynamoStore, room: str) -> Any:
        # One room only is throttled: no engine does that on demand.
        if room == "a":
            raise StoreUnavailable("dynamodb", "throttled")
        return stream(store, room)

    run = begin()
    monkeypatch.setattr(DynamoStore, "stream_room", away)
    done = finish(run)
    assert done.state == RunState.FAILED
    assert done.error == "1 of 2 failed for good, the first is room 'a': dynamodb: throttled"
    assert totals(done)["clean"] is False
    assert totals(done)["rooms_done"] == 1


def test_a_worker_that_was_taken_over_leaves_no_result(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    bed.target.upsert(comment(1))
    run = begin()
    segment = run.segments.get()

    def overtaken(*args: Any, **options: Any) -> Any:
        result = compare(*args, **options)
        monkeypatch.setattr(runs, "compare", compare)
        segment.refresh_from_db()
        assert requeue(segment)
        assert work(segment.pk) is None
        return result

    monkeypatch.setattr(runs, "compare", overtaken)
    assert work(segment.pk) is None
    assert totals(close_if_done(run.pk))["extra"] == 1
    assert Difference.objects.count() == 1


def test_a_run_is_closed_once_no_room_is_left_and_only_then(bed: Bed) -> None:
    bed.target.upsert_many([comment(1, room="a"), comment(2, room="b")])
    run = begin()
    first, second = Segment.objects.filter(run=run)
    work(first.pk)
    assert close_if_done(run.pk).state == RunState.RUNNING
    work(second.pk)
    closed = close_if_done(run.pk)
    assert closed.state == RunState.DONE
    assert close_if_done(run.pk).finished_at == closed.finished_at
