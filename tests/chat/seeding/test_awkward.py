"""Each awkward item is what it is said to be: the codec, reading the table in key order, finds the same."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import CollisionFilter, from_item
from chat.codec.timetext import is_canonical, is_order_divergent
from chat.seeding.awkward import EACH, Awkward, Oddity, awkward_items
from chat.seeding.comments import Seed
from chat.seeding.sowing import sow

SEED = Seed(number=1, comments=200, rooms=5, users=20, until_us=1_790_000_000_000_000)
AWKWARD = list(awkward_items(SEED))

# The key of our table is text, and so is the key of its index: no item can break these.
IMPOSSIBLE = {
    FaultCode.MISSING_NAME,
    FaultCode.NAME_NOT_TEXT,
    FaultCode.MISSING_TIME,
    FaultCode.TIME_NOT_TEXT,
    FaultCode.CHAT_ROOM_NOT_TEXT,
}


def fault_of(item: Any) -> FaultCode | None:
    try:
        from_item(item, now_us=time.time_ns() // 1000)
    except MappingFault as fault:
        return fault.code
    return None


def test_there_are_three_of_each_kind_that_the_table_can_hold() -> None:
    kinds = Counter(odd.code for odd in AWKWARD)
    wanted: set[FaultCode | Oddity] = (set(FaultCode) - IMPOSSIBLE) | set(Oddity)
    assert kinds == dict.fromkeys(wanted, EACH)


def test_no_two_have_the_same_key() -> None:
    keys = {(odd.item["name"]["S"], odd.item["time"]["S"]) for odd in AWKWARD}
    assert len(keys) == len(AWKWARD)


def test_one_user_is_enough_for_all_of_them() -> None:
    alone = list(awkward_items(Seed(number=1, comments=2, rooms=1, users=1, until_us=SEED.until_us)))
    assert len({(odd.item["name"]["S"], odd.item["time"]["S"]) for odd in alone}) == len(AWKWARD)


@pytest.mark.parametrize("odd", AWKWARD, ids=lambda odd: ascii(f"{odd.code} {odd.item['time']['S']}"))
def test_the_codec_gives_each_the_reason_it_was_made_for(odd: Awkward) -> None:
    # A collision shows only beside its neighbour: below.
    alone = odd.code in set(FaultCode) - {FaultCode.KEY_COLLISION}
    assert fault_of(odd.item) == (odd.code if alone else None)


@pytest.mark.parametrize(
    ("oddity", "canonical", "divergent"),
    [
        (Oddity.NO_DOT, False, True),
        (Oddity.NO_DOT_SHORT, False, True),
        (Oddity.TRAILING_ZEROS, False, False),
        (Oddity.NINE_DIGITS, True, True),
        (Oddity.COLLIDED_WITH, True, False),
        (Oddity.EMPTY_COMMENT, True, False),
    ],
)
def test_oddities_are_odd_in_their_own_way(oddity: Oddity, canonical: bool, divergent: bool) -> None:
    for odd in AWKWARD:
        if odd.code is oddity:
            text = odd.item["time"]["S"]
            assert (is_canonical(text), is_order_divergent(text)) == (canonical, divergent)
            assert (odd.item["comment"]["S"] == "") == (oddity is Oddity.EMPTY_COMMENT)


def test_a_scan_of_the_table_finds_every_reason_as_often_as_it_was_sown(client: Any, table: str) -> None:
    sown = sow(client, table=table, seed=SEED, awkward=AWKWARD, wrote=lambda count: None)
    found: Counter[str] = Counter()
    mapped = 0
    collisions = CollisionFilter()
    for page in client.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            try:
                collisions.admit(from_item(item, now_us=time.time_ns() // 1000))
            except MappingFault as fault:
                found[fault.code] += 1
            else:
                mapped += 1
    assert found == {code: count for code, count in sown.awkward.items() if code in set(FaultCode)}
    assert mapped == SEED.comments + EACH * len(Oddity)
    assert mapped + found.total() == sown.written
