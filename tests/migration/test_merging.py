"""Side by side, two rooms give exactly the keys in which they do not agree, in whatever order each store keeps them."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.data import Comment
from migration.merging import Pair, Side, pairs
from tests.examples import examples
from tests.migration.parity.rooms import FAR_US, as_cql, as_dynamodb, at, comments

HORIZONS = st.sampled_from([FAR_US, 1_700_000_001_500_000, 1_700_000_000_000_000, 9_500_000, 0, -1])


def merged(source: list[Comment], target: list[Comment], *, horizon_us: int = FAR_US) -> list[Pair]:
    return list(pairs(Side(iter(source), horizon_us), Side(iter(target), horizon_us)))


def by_key(found: list[Comment], horizon_us: int) -> dict[tuple[str, str], Comment]:
    return {(comment.name, comment.time): comment for comment in found if comment.time_us <= horizon_us}


@settings(max_examples=examples(400), deadline=None)
@given(left=comments(), right=comments(), horizon_us=HORIZONS)
# Divergent times stand at one end in the one order and at the other end in the other.
@example(left=[at("9.5"), at("1700000000.5")], right=[at("9.5"), at("1700000000.5")], horizon_us=FAR_US)
@example(left=[at("1700000001.50"), at("1700000001.5")], right=[at("1700000001.5")], horizon_us=FAR_US)
def test_every_key_of_either_side_comes_once_with_what_both_have(
    left: list[Comment], right: list[Comment], horizon_us: int
) -> None:
    source, target = as_dynamodb(left), as_cql(right)
    ours, theirs = by_key(source, horizon_us), by_key(target, horizon_us)
    expected = {key: (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys()}
    found = merged(source, target, horizon_us=horizon_us)
    assert Counter((pair.known.name, pair.known.time) for pair in found) == Counter(expected.keys())
    assert {(pair.known.name, pair.known.time): (pair.source, pair.target) for pair in found} == expected


@settings(max_examples=examples(200), deadline=None)
@given(left=comments(), right=comments())
def test_either_order_of_the_two_stores_finds_the_same(left: list[Comment], right: list[Comment]) -> None:
    forth = merged(as_dynamodb(left), as_cql(right))
    back = merged(as_cql(right), as_dynamodb(left))
    assert {(pair.source, pair.target) for pair in forth} == {(pair.target, pair.source) for pair in back}


@settings(max_examples=examples(100), deadline=None)
@given(found=comments())
def test_equal_rooms_agree_in_everything(found: list[Comment]) -> None:
    rows = as_cql(found)
    assert all(pair.equal for pair in merged(as_dynamodb(rows), rows))


def test_a_row_that_lost_its_own_spelling_is_missing_under_it_and_extra_under_the_other() -> None:
    kept, lost = at("1700000001.50"), at("1700000001.5")
    assert merged([kept], [lost]) == [Pair(None, lost), Pair(kept, None)]


def test_a_row_with_a_needless_spelling_is_one_disagreement() -> None:
    """A foreign writer may set `time_raw` to the canonical text."""
    plain = at("1700000001.5")
    spelled = Comment(plain.room, plain.name, plain.time_us, plain.text, time_raw="1700000001.5")
    assert merged([plain], [spelled]) == [Pair(plain, spelled)]


def test_only_rows_without_a_common_order_are_put_aside() -> None:
    side = Side(iter([at("1700000001.5"), at("1700000001.50"), at("9.5"), at("1700000000.25")]), FAR_US)
    assert [side.next(), side.next(), side.next()] == [at("1700000001.5"), at("1700000000.25"), None]
    assert list(side.aside.values()) == [at("1700000001.50"), at("9.5")]
