"""A page of items becomes comments to write and faults to keep: every item is in one of the two."""

from __future__ import annotations

from typing import Any

from chat.clock import wall_us
from chat.codec.faults import FaultCode
from chat.codec.items import CollisionFilter, to_item
from chat.codec.timetext import canonical
from migration.backfill.mapping import map_page
from tests.migration.bed import comment

AN_HOUR_US = 3_600_000_000


def item(time: str, **others: Any) -> dict[str, Any]:
    return {"name": {"S": "ann"}, "time": {"S": time}, "comment": {"S": "x"}, "chat_room": {"S": "chat"}, **others}


def test_comments_come_in_order_and_faults_with_their_items() -> None:
    odd = [item("test_time"), item("1700000099.5", likes={"N": "3"})]
    mapped = map_page([to_item(comment(1)), odd[0], to_item(comment(2)), odd[1]], CollisionFilter())
    assert mapped.comments == [comment(1), comment(2)]
    assert [(found, fault.code) for found, fault in mapped.faults] == [
        (odd[0], FaultCode.TIME_NOT_A_NUMBER),
        (odd[1], FaultCode.UNKNOWN_ATTRIBUTE),
    ]


def test_a_collision_is_found_over_two_pages_by_one_filter_only() -> None:
    first, second = item("1600000000.5"), item("1600000000.50")
    collisions = CollisionFilter()
    assert len(map_page([first], collisions).comments) == 1
    assert [fault.code for _, fault in map_page([second], collisions).faults] == [FaultCode.KEY_COLLISION]
    assert len(map_page([second], CollisionFilter()).comments) == 1


def test_an_item_that_has_no_comment_does_not_take_the_key_of_a_later_spelling() -> None:
    bare = {"name": {"S": "ann"}, "time": {"S": "1600000000.5"}, "chat_room": {"S": "chat"}}
    mapped = map_page([bare, item("1600000000.50")], CollisionFilter())
    assert [row.time for row in mapped.comments] == ["1600000000.50"]
    assert [fault.code for _, fault in mapped.faults] == [FaultCode.MISSING_COMMENT]


def test_the_future_is_judged_by_the_clock_of_this_moment() -> None:
    times = [canonical(wall_us() + AN_HOUR_US + ahead) for ahead in (-60_000_000, 60_000_000)]
    mapped = map_page([item(time) for time in times], CollisionFilter())
    assert [row.time for row in mapped.comments] == times[:1]
    assert [fault.code for _, fault in mapped.faults] == [FaultCode.TIME_IN_FUTURE]
