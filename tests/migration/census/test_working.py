"""A worker that dies, is overtaken or is throttled: no item counts twice, and none is left out."""

from __future__ import annotations

from typing import Any

import pytest

from chat.codec.faults import FaultCode
from chat.exceptions import StoreThrottled, StoreUnavailable
from migration.backfill import scanning
from migration.backfill.working import position
from migration.census import roomdays, runs, working
from migration.census.tablesettings import survey
from migration.census.working import work
from migration.enums import RunState, SegmentState
from migration.models import CensusRoomDay, QuarantinedItem, Segment
from migration.segments.lease import claim
from migration.segments.sweep import requeue
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment
from tests.migration.census.surveying import begin, finish, item, report, surveyed


@pytest.fixture
def seeded(bed: Bed, small_pages: None) -> Bed:
    bed.seed_source(comment(number, name=f"user {number % 4}", room=f"room {number % 3}") for number in range(60))
    return bed


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from run to run."""
    return {name: value for name, value in found.items() if name not in ("run", "estimate")}


@pytest.mark.usefixtures("small_pages")
def test_the_census_foretells_what_a_backfill_puts_into_quarantine(bed: Bed) -> None:
    """The same table for both; the expected codes are the seed's own, not our codec's."""
    odd = copying.awkward()
    bed.seed_source(copying.ordinary())
    bed.put_items(dict(one.item) for one in odd)
    found = surveyed()
    told = sorted(one.code.value for one in odd if isinstance(one.code, FaultCode))
    counted = {code: one["items"] for code, one in found["unmappable"]["reasons"].items()}
    assert counted == {code: told.count(code) for code in told}
    assert found["items"] == found["mappable"] + found["unmappable"]["items"] == len(bed.items())
    assert found["collisions"] == 3
    assert bed.rows() == set()
    assert not QuarantinedItem.objects.exists()


@pytest.mark.usefixtures("small_pages")
def test_one_item_a_page_finds_the_same_as_one_page(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collisions and users lie across the edges of pages."""
    bed.put_items(dict(one.item) for one in copying.awkward())
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 1000)
    whole = surveyed(segments=2)
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 1)
    assert figures(surveyed(segments=2)) == figures(whole)


@pytest.mark.usefixtures("seeded")
def test_a_worker_that_stops_between_two_pages_loses_nothing() -> None:
    run = begin(segments=1)
    segment = run.segments.get()
    again = 0
    while work(segment.pk, budget=-1.0) is not None:
        again += 1
    run = runs.close_if_done(run.pk)
    assert again >= 8
    assert run.state == RunState.DONE
    assert figures(report(run)) == figures(surveyed(segments=1))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.usefixtures("seeded")
def test_a_crash_in_the_middle_of_a_page_counts_it_once(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Whether before the rows of the page are added or after: both are in the cursor's own transaction."""
    run = begin(segments=1)
    flush, pages = roomdays.RoomDays.flush, []

    def dies(days: roomdays.RoomDays, run_id: int) -> None:
        pages.append(days)
        if when == "after":
            flush(days, run_id)
        if len(pages) == 3:
            raise KeyboardInterrupt
        if when == "before":
            flush(days, run_id)

    segment = run.segments.get()
    with monkeypatch.context() as patch:
        patch.setattr(roomdays.RoomDays, "flush", dies)
        with pytest.raises(KeyboardInterrupt):
            work(segment.pk)
    segment.refresh_from_db()
    assert (segment.state, segment.read) == (SegmentState.PENDING, 14)
    assert sum(CensusRoomDay.objects.values_list("items", flat=True)) == 14
    found = report(finish(run))
    assert (found["items"], found["rooms"]["count"], found["users"]["count"]) == (60, 3, 4)
    assert sum(room["items"] for room in found["rooms"]["largest"]) == 60


@pytest.mark.usefixtures("seeded")
def test_a_worker_that_was_overtaken_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs in its second page until the sweep gave the segment to another, which saw it all."""
    run = begin(segments=1)
    look_at, pages = working.Look.at, []

    def hangs(look: working.Look, page: scanning.ScanPage) -> None:
        pages.append(page)
        look_at(look, page)
        if len(pages) == 2:
            assert requeue(Segment.objects.get())
            finish(run)

    monkeypatch.setattr(working.Look, "at", hangs)
    assert work(run.segments.get().pk) is None
    segment = run.segments.get()
    assert (segment.state, segment.read, segment.fence) == (SegmentState.DONE, 60, 2)
    assert sum(CensusRoomDay.objects.values_list("items", flat=True)) == 60
    assert report(run)["items"] == 60


@pytest.mark.usefixtures("seeded")
def test_throttling_is_waited_out_and_the_page_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Injected at the reader: DynamoDB Local never throttles."""
    run = begin(segments=1)
    page, asked = scanning.SegmentScan.page, []

    def throttles(scan: scanning.SegmentScan, after: Any) -> scanning.ScanPage:
        asked.append(after)
        if len(asked) in (2, 5):
            raise StoreThrottled("dynamodb", "asks for less")
        return page(scan, after)

    monkeypatch.setattr(scanning.SegmentScan, "page", throttles)
    found = report(finish(run))
    assert (found["items"], run.segments.get().attempts) == (60, 0)
    assert sum(room["items"] for room in found["rooms"]["largest"]) == 60


@pytest.mark.usefixtures("seeded")
def test_an_engine_that_is_away_sets_the_segment_aside_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(segments=1)

    def away(scan: scanning.SegmentScan, after: Any) -> scanning.ScanPage:
        raise StoreUnavailable("dynamodb", "no answer")

    monkeypatch.setattr(scanning.SegmentScan, "page", away)
    run = finish(run)
    assert run.state == RunState.FAILED
    assert run.error.startswith("1 of 1 failed for good, the first is segment 0: ")
    assert run.error.endswith(f"`manage.py census resume {run.pk}`: it goes on where they stopped")
    assert report(run) == {}


@pytest.mark.usefixtures("seeded")
def test_a_message_that_comes_twice_finds_nothing_to_do() -> None:
    run = begin(segments=1)
    segment = run.segments.get()
    assert claim(segment.pk) is not None
    assert work(segment.pk) is None
    segment.refresh_from_db()
    assert (segment.state, segment.read, position(segment)) == (SegmentState.LEASED, 0, {})


def test_keys_that_no_database_holds_go_through_the_cursor(bed: Bed, small_pages: None) -> None:
    bed.put_items([item(f"nul \0 {number}", f"{number}.0") for number in range(20)])
    bed.put_items([item("half \ud800", f"{number}.0") for number in range(10)])
    found = surveyed(segments=1)
    assert found["users"]["count"] == 21
    assert found["users"]["largest"][0]["name"] == "half \\ud800"
    assert found["unmappable"]["reasons"]["text_unstorable"]["items"] == 10


def test_a_table_without_its_index_is_surveyed_but_for_ties(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a table without the index for this would take longer than all the other tests."""
    bed.put_items([item("ann", "1700000000.50"), item("ben", "1700000000.5")])
    monkeypatch.setattr(runs, "survey", lambda: survey() | {"indexes": []})
    found = surveyed(segments=1)
    assert (found["items"], found["order_divergent"]["unasked"]) == (2, 1)
