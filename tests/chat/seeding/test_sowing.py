"""A seed in the table: what is counted is what is there, and sowing twice is sowing once."""

from __future__ import annotations

from typing import Any

from chat.codec.items import from_item
from chat.seeding.awkward import awkward_items
from chat.seeding.comments import Seed, generate
from chat.seeding.sowing import sow

SEED = Seed(number=3, comments=300, rooms=12, users=9, until_us=1_790_000_000_000_000)


def items(client: Any, table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def test_the_table_holds_the_comments_of_the_seed(client: Any, table: str) -> None:
    sown = sow(client, table=table, seed=SEED, wrote=lambda count: None)
    there = {from_item(item, now_us=SEED.until_us) for item in items(client, table)}
    wanted = set(generate(SEED))
    assert there == wanted
    in_chat = sum(comment.room == "chat" for comment in wanted)
    assert (sown.written, sown.rooms, sown.in_chat, sown.awkward) == (300, 12, in_chat, {})


def test_sowing_twice_leaves_the_table_as_it_was(client: Any, table: str) -> None:
    awkward = tuple(awkward_items(SEED))
    first = sow(client, table=table, seed=SEED, awkward=awkward, wrote=lambda count: None)
    before = items(client, table)
    assert sow(client, table=table, seed=SEED, awkward=awkward, wrote=lambda count: None) == first
    assert items(client, table) == before
    assert len(before) == first.written == 300 + len(awkward)
