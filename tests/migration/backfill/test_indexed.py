"""A backfill room by room through the index, and of what the index does not show."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from chat.codec.faults import FaultCode
from chat.data import Comment, StoreId
from migration.backfill import indexed, runs
from migration.backfill.indexed import Leftovers, RoomQuery, rooms_to_copy
from migration.backfill.scanning import worker_calls
from migration.backfill.working import work
from migration.enums import RunState, Way
from migration.exceptions import Refused
from migration.models import QuarantinedItem, Rollout, Run
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment

pytestmark = pytest.mark.usefixtures("mirrored", "no_lag")


@pytest.fixture
def no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB Local's index is never behind."""
    monkeypatch.setattr(indexed, "INDEX_LAG_SECONDS", 0.0)


def begin() -> Run:
    return copying.begin(way=Way.ROOMS)


@pytest.mark.usefixtures("small_pages")
def test_an_awkward_table_is_copied_as_a_scan_copies_it_and_a_second_run_changes_nothing(bed: Bed) -> None:
    odd = copying.awkward()
    bed.seed_source(copying.ordinary())
    bed.put_items([dict(one.item) for one in odd])
    faults = Counter(one.code.value for one in odd if isinstance(one.code, FaultCode))
    items = 400 + len(odd)
    for _ in range(2):
        done = copying.finish(begin())
        assert (done.state, done.error) == (RunState.DONE, "")
        assert copying.accounts(done) == (items, items - faults.total(), faults.total(), 0)
        assert bed.rows() == {*copying.ordinary(), *copying.mapped(odd)}
        assert Counter(copying.in_quarantine()) == faults
    assert copying.target_complete()


def test_there_is_a_segment_for_each_room_and_one_for_the_leftovers(bed: Bed) -> None:
    bed.seed_source([comment(1, room="b"), comment(2, room="a"), comment(3, room="nul\x00room")])
    labels = begin().segments.order_by("number").values_list("label", flat=True)
    assert list(labels) == ["", "a", "b", "nul\x00room"]


@pytest.mark.usefixtures("single_items")
def test_spellings_among_many_names_of_one_instant_collide_across_pages_and_tasks(bed: Bed) -> None:
    """Each item is a page and a task of its own; between two spellings of one name come those of all the others."""
    names = [f"name {number}" for number in range(6)]
    spellings = ["1600000000", "1600000000.0", "1600000000.000"]
    bed.put_items(
        {"name": {"S": name}, "time": {"S": time}, "comment": {"S": time}, "chat_room": {"S": "chat"}}
        for name in names
        for time in spellings
    )
    run = begin()
    segment = run.segments.get(label="chat")
    while work(segment.pk, budget=0.0) is not None:
        pass
    done = copying.finish(run)
    assert copying.accounts(done) == (18, 6, 12, 0)
    assert bed.rows() == {Comment("chat", name, 1_600_000_000_000_000, "1600000000", "1600000000") for name in names}
    assert set(QuarantinedItem.objects.values_list("time", "code")) == {
        ("1600000000.0", "key_collision"),
        ("1600000000.000", "key_collision"),
    }


def test_one_instant_of_a_name_in_two_rooms_is_no_collision(bed: Bed) -> None:
    bed.put_items(
        {"name": {"S": "ann"}, "time": {"S": time}, "comment": {"S": time}, "chat_room": {"S": room}}
        for time, room in (("1600000000", "other"), ("1600000000.0", "chat"))
    )
    done = copying.finish(begin())
    assert copying.accounts(done) == (2, 2, 0, 0)
    assert {(row.room, row.time) for row in bed.rows()} == {("other", "1600000000"), ("chat", "1600000000.0")}


def test_a_room_goes_on_from_its_cursor(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.backfill.scanning.PAGE_ITEMS", 2)
    bed.seed_source(comment(number) for number in range(5))
    query = RoomQuery(worker_calls(), room="chat")
    first = query.page(None)
    assert [item["time"]["S"] for item in first.items] == [comment(0).time, comment(1).time]
    second = RoomQuery(worker_calls(), room="chat").page(first.next)
    assert [item["time"]["S"] for item in second.items] == [comment(2).time, comment(3).time]
    assert first.units > 0


def test_leftovers_count_what_they_had_to_read(bed: Bed) -> None:
    bed.seed_source(comment(number) for number in range(5))
    bed.put_items([{"name": {"S": "ann"}, "time": {"S": "1.5"}, "comment": {"S": "no room"}}])
    page = Leftovers(worker_calls()).page(None)
    assert ([item["time"]["S"] for item in page.items], page.size, page.next) == (["1.5"], 6, None)


def test_the_rooms_are_known_only_after_the_index_had_time_to_follow(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(indexed, "INDEX_LAG_SECONDS", 10.0)
    monkeypatch.setattr(indexed, "sleep", slept.append)
    bed.seed_source([comment(1)])
    assert rooms_to_copy(StoreId.DYNAMODB) == ["chat"]
    assert slept == [pytest.approx(10.0, abs=3.0)]


def test_flags_that_move_while_the_rooms_are_listed_refuse_the_run(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(source: Any) -> list[str]:
        Rollout.objects.update(epoch=3)
        return []

    monkeypatch.setattr(runs, "rooms_to_copy", listed)
    with pytest.raises(Refused, match="flags moved while the rooms were listed"):
        begin()
    assert not Run.objects.exists()
