"""Comparing a room finds all damage and nothing else, on the real engines, in constant memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from chat.codec.digest import RoomDigest
from chat.data import Comment
from chat.stores.scylla import timeline
from migration.parity import comparing
from migration.parity.comparing import RoomResult, compare
from tests.migration.bed import OLD_US, Bed
from tests.migration.bed import comment as numbered
from tests.migration.parity.rooms import FAR_US, ROOM, Streams, at, steps

Found = set[tuple[str, str, str]]
LONG = "x" * 16_000
"""About sixty such comments are one page of a DynamoDB query (1 MB)."""


def compared(bed: Bed, room: str = ROOM) -> RoomResult:
    return compare(room, bed.source, bed.target, horizon_us=FAR_US)


def found(result: RoomResult) -> Found:
    return {(kind, pair.known.name, pair.known.time) for kind, pair in result.differences}


def digest_of(comments: Iterable[Comment]) -> str:
    digest = RoomDigest()
    for comment in comments:
        digest.add(comment)
    return digest.hex()


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "STREAM_ROWS", 10)


def big_room() -> list[Comment]:
    """150 comments, five of them at one instant, newest first; three pages of DynamoDB."""
    tie = [replace(numbered(70, name=name), text=LONG) for name in ("a", "b", "c", "é", "😀")]
    rest = [replace(numbered(number), text=LONG + str(number)) for number in range(150) if number != 70]
    return sorted([*tie, *rest], key=lambda comment: (-comment.time_us, comment.name))


def page_edges(bed: Bed) -> list[int]:
    """Indexes of the last comment of each page of DynamoDB's own query of the room."""
    edges: list[int] = []
    key: dict[str, Any] = {}
    while True:
        answer = bed.ground.client.query(
            TableName=bed.ground.table,
            IndexName="chat_room_time_idx",
            KeyConditionExpression="chat_room = :room",
            ExpressionAttributeValues={":room": {"S": ROOM}},
            ScanIndexForward=False,
            **key,
        )
        edges.append(answer["Count"] + (edges[-1] if edges else -1))
        if "LastEvaluatedKey" not in answer:
            return edges
        key = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@pytest.mark.usefixtures("pages_of_ten")
def test_equal_rooms_are_clean_and_their_digests_are_those_of_their_comments(bed: Bed) -> None:
    rows = [*big_room(), at("9.5"), at("1700000000.50"), at("1700000001"), at("0", text="")]
    bed.seed_source(rows)
    bed.target.upsert_many(rows)
    result = compared(bed)
    assert found(result) == set()
    assert result.as_json() == {
        "compared": len(rows),
        "missing": 0,
        "extra": 0,
        "different": 0,
        "quarantined": 0,
        "count_source": len(rows),
        "count_target": len(rows),
        "digest_source": digest_of(rows),
        "digest_target": digest_of(rows),
    }


@pytest.mark.usefixtures("pages_of_ten")
def test_damage_is_found_wherever_it_is_and_nothing_else(bed: Bed) -> None:
    rows = big_room()
    bed.seed_source(rows)
    edges = page_edges(bed)
    assert len(edges) >= 3
    tie = [index for index, comment in enumerate(rows) if comment.time_us == numbered(70).time_us]
    places = {0, len(rows) - 1, 9, 10, 19, 20, tie[0], tie[2], tie[4], *edges[:-1], *(edge + 1 for edge in edges[:-1])}
    missing, changed = set(sorted(places)[::2]), set(sorted(places)[1::2])
    extra = [
        numbered(151),
        numbered(-1),
        replace(rows[tie[1]], name="bb"),
        replace(rows[edges[0]], time_us=rows[edges[0]].time_us - 1),
    ]
    bed.target.upsert_many([comment for index, comment in enumerate(rows) if index not in missing] + extra)
    for index in changed:
        bed.insert(replace(rows[index], text="changed"))
    result = compared(bed)
    expected = {("missing", rows[index].name, rows[index].time) for index in missing}
    expected |= {("different", rows[index].name, rows[index].time) for index in changed}
    expected |= {("extra", comment.name, comment.time) for comment in extra}
    assert found(result) == expected
    assert result.kinds == {"missing": len(missing), "different": len(changed), "extra": len(extra)}
    assert result.as_json()["digest_source"] == digest_of(rows)
    assert result.as_json()["digest_target"] == digest_of(bed.rows())
    assert (result.source.count, result.target.count) == (len(rows), len(bed.rows()))


def test_damage_to_rows_without_a_common_order_is_found(bed: Bed) -> None:
    rows = [at("9.5"), at("9"), at("1700000000.50"), at("1000000"), at("1700000000.25")]
    bed.seed_source(rows)
    bed.target.upsert_many([rows[0], rows[2], rows[4], at("8.5")])
    bed.insert(replace(at("9.5"), text="changed"))
    bed.insert(replace(at("1700000000.50"), time_raw="1700000000.500"))
    assert found(compared(bed)) == {
        ("different", "a", "9.5"),
        ("missing", "a", "9"),
        ("missing", "a", "1000000"),
        ("missing", "a", "1700000000.50"),
        ("extra", "a", "1700000000.500"),
        ("extra", "a", "8.5"),
    }


def test_an_empty_target_misses_everything_and_an_empty_source_nothing(bed: Bed) -> None:
    rows = [numbered(number) for number in range(20)]
    bed.seed_source(rows)
    assert compared(bed).kinds == {"missing": 20}
    bed.ground.clear()
    bed.target.upsert_many(rows)
    assert compared(bed).kinds == {"extra": 20}
    assert compared(bed, "another room").as_json()["compared"] == 0


def test_comments_newer_than_the_horizon_are_not_looked_at(bed: Bed) -> None:
    bed.seed_source([numbered(1), numbered(2)])
    bed.target.upsert_many([numbered(1), numbered(3), numbered(4)])
    inside = compare(ROOM, bed.source, bed.target, horizon_us=numbered(3).time_us)
    assert found(inside) == {("missing", "ann", numbered(2).time), ("extra", "ann", numbered(3).time)}
    before = compare(ROOM, bed.source, bed.target, horizon_us=numbered(2).time_us - 1)
    assert (found(before), before.source.count, before.target.count) == (set(), 1, 1)


def test_many_suspects_are_judged_in_portions_and_all_are_counted(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SUSPECTS_AT_ONCE", 7)
    monkeypatch.setattr(comparing, "MOST_KEPT", 10)
    bed.target.upsert_many([numbered(number) for number in range(30)])
    result = compared(bed)
    assert (result.kinds, len(result.differences)) == ({"extra": 30}, 10)


def test_life_is_shown_while_rows_are_equal_and_while_suspects_are_judged(bed: Bed) -> None:
    shown = 0

    def alive() -> None:
        nonlocal shown
        shown += 1

    streams = Streams(steps(1000))
    compare(ROOM, streams, streams, horizon_us=FAR_US, alive=alive)
    assert shown == 1000 / comparing.LOOK_EACH
    bed.target.upsert_many([numbered(number) for number in range(50)])
    shown = 0
    compare(ROOM, bed.source, bed.target, horizon_us=FAR_US, alive=alive)
    assert shown == 51


def test_memory_does_not_grow_with_the_room(bed: Bed) -> None:
    def peak(count: int) -> int:
        store = Streams(steps(count))
        tracemalloc.start()
        try:
            assert compare(ROOM, store, store, horizon_us=FAR_US).source.count == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(5_000), peak(50_000)
    assert large < 2_000_000
    # Other threads of this process allocate as well; fifty thousand comments would take some twenty megabytes.
    assert large < small + 1_000_000


def test_an_equal_pair_costs_a_few_microseconds_of_our_own(bed: Bed) -> None:
    """CPU time, so that other processes do not count; measured 4 to 6, and the engines' own share is above 25."""
    rows = list(steps(5_000)())
    store = Streams(lambda: iter(rows))

    def cost() -> float:
        began = time.process_time()
        compare(ROOM, store, store, horizon_us=FAR_US)
        return (time.process_time() - began) / len(rows) * 1e6

    assert min(cost() for _ in range(3)) < 15


def test_a_room_with_unmappable_items_is_compared_without_them(bed: Bed) -> None:
    bed.seed_source([numbered(1)])
    bed.put_items(
        {"name": {"S": "ann"}, "time": {"S": time}, "comment": {"S": "x"}, "chat_room": {"S": ROOM}}
        for time in ("test_time", "1700000000.1234567", f"{OLD_US}")
    )
    bed.target.upsert(numbered(1))
    assert (found(compared(bed)), compared(bed).source.count) == (set(), 1)
