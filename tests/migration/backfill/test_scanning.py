"""The parallel segments of a scan give every item once, from any page on, strongly consistent."""

from __future__ import annotations

from typing import Any

import pytest

from chat.conf import env
from chat.exceptions import StoreRefused, StoreUnavailable
from migration.backfill import scanning
from migration.backfill.scanning import Item, ScanPage, SegmentScan, expected_items, worker_calls
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment
from tests.serving import free_port


def pages_of(scan: SegmentScan, after: Item | None = None) -> list[ScanPage]:
    pages = [scan.page(after)]
    while (follows := pages[-1].next) is not None:
        pages.append(scan.page(follows))
    return pages


def keys(pages: list[ScanPage]) -> list[tuple[str, str]]:
    return [(item["name"]["S"], item["time"]["S"]) for page in pages for item in page.items]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("total", [1, 4])
def test_the_segments_together_give_every_item_once(bed: Bed, total: int) -> None:
    bed.seed_source(copying.ordinary())
    found = [keys(pages_of(SegmentScan(worker_calls(), segment=n, total=total))) for n in range(total)]
    together = [key for segment in found for key in segment]
    assert sorted(together) == sorted((row.name, row.time) for row in copying.ordinary())
    names = [{name for name, _ in segment} for segment in found]
    assert sum(map(len, names)) == len(set().union(*names)), "one name's items are in one segment"


@pytest.mark.usefixtures("small_pages")
def test_a_scan_taken_up_at_any_page_gives_the_rest(bed: Bed) -> None:
    bed.seed_source(copying.ordinary())
    scan = SegmentScan(worker_calls(), segment=0, total=1)
    pages = pages_of(scan)
    assert all(len(page.items) <= 25 for page in pages)
    for number, page in enumerate(pages[:-1]):
        assert keys(pages_of(scan, page.next)) == keys(pages[number + 1 :])


@pytest.mark.usefixtures("single_items")
def test_the_items_of_one_name_come_in_the_order_of_their_time_text(bed: Bed) -> None:
    """What the collision filter stands on."""
    times = ["1600000000", "1600000000.", "1600000000.0", "1600000000.00", "1600000000.5", "1600000001", "9", "a"]
    bed.put_items({"name": {"S": "ann"}, "time": {"S": time}} for time in reversed(times))
    assert [time for _, time in keys(pages_of(SegmentScan(worker_calls(), segment=0, total=1)))] == sorted(times)


def test_an_empty_segment_is_one_empty_page(bed: Bed) -> None:
    assert SegmentScan(worker_calls(), segment=3, total=8).page(None) == ScanPage(items=[], next=None)


def test_scans_read_strongly(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB Local is always consistent, so only the request can tell."""
    asked: list[dict[str, Any]] = []

    class Client:
        def scan(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            return {"Items": []}

    calls = worker_calls()
    monkeypatch.setattr(calls, "read", lambda call: call(Client()))
    SegmentScan(calls, segment=1, total=2).page({"name": {"S": "a"}, "time": {"S": "1"}})
    assert asked == [
        {
            "TableName": bed.ground.table,
            "Segment": 1,
            "TotalSegments": 2,
            "Limit": scanning.PAGE_ITEMS,
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "ExclusiveStartKey": {"name": {"S": "a"}, "time": {"S": "1"}},
        }
    ]


def test_expected_items_are_the_tables_own_count(bed: Bed) -> None:
    bed.seed_source(comment(number) for number in range(7))
    assert expected_items() == 7


def test_a_missing_table_is_refused_and_a_missing_engine_is_unavailable(bed: Bed, settings: Any) -> None:
    settings.ENV = env().model_copy(update={"dynamodb_table": "not-there"})
    with pytest.raises(StoreRefused, match="sync_schema"):
        expected_items()
    settings.ENV = env().model_copy(
        update={"dynamodb_endpoint_url": f"http://127.0.0.1:{free_port()}", "worker_timeout_seconds": 1.0}
    )
    with pytest.raises(StoreUnavailable, match="DYNAMODB_ENDPOINT_URL"):
        expected_items()


def test_clients_are_made_once_in_a_process(bed: Bed) -> None:
    assert worker_calls() is worker_calls()
