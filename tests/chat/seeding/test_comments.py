"""The ordinary comments of a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

from chat.codec.items import from_item, to_item
from chat.codec.timetext import US_PER_SECOND
from chat.seeding.comments import SPAN_US, Seed, generate

UNTIL_US = 1_790_000_000 * US_PER_SECOND
SEED = Seed(number=1, comments=4000, rooms=40, users=30, until_us=UNTIL_US)
COMMENTS = list(generate(SEED))


def test_the_same_seed_makes_the_same_and_another_makes_others() -> None:
    assert list(generate(SEED)) == COMMENTS
    assert list(generate(replace(SEED, number=2))) != COMMENTS


def test_there_are_as_many_as_asked_with_keys_that_differ_in_both_stores() -> None:
    assert len(COMMENTS) == 4000
    assert len({(c.name, c.time) for c in COMMENTS}) == 4000
    assert len({(c.room, c.time_us, c.name) for c in COMMENTS}) == 4000


def test_rooms_are_skewed_with_a_share_for_chat_and_a_room_of_one_comment() -> None:
    rooms = Counter(comment.room for comment in COMMENTS)
    assert len(rooms) == 40
    assert rooms["chat"] >= 400
    assert min(rooms.values()) == 1
    four_busiest = sum(count for _, count in rooms.most_common(4))
    assert four_busiest > 2000


def test_times_fill_the_thirty_days_and_end_before_until() -> None:
    times = [comment.time_us for comment in COMMENTS]
    assert times == sorted(times)
    assert UNTIL_US - SPAN_US <= times[0] < UNTIL_US - SPAN_US + SPAN_US // 100
    assert UNTIL_US - SPAN_US // 100 < times[-1] < UNTIL_US
    assert len({time % US_PER_SECOND for time in times}) > 3000


def test_some_write_in_the_same_microsecond_and_then_in_one_room_under_different_names() -> None:
    instants: dict[int, list[tuple[str, str]]] = {}
    for comment in COMMENTS:
        instants.setdefault(comment.time_us, []).append((comment.room, comment.name))
    ties = [people for people in instants.values() if len(people) > 1]
    assert len(ties) > 100
    assert max(len(people) for people in ties) == 5
    for people in ties:
        assert len({room for room, _ in people}) == 1
        assert len({name for _, name in people}) == len(people)


def test_each_is_mappable_with_its_canonical_time() -> None:
    for comment in COMMENTS:
        assert comment.time_raw is None
        assert from_item(to_item(comment), now_us=UNTIL_US) == comment


def test_the_first_comments_of_a_huge_seed_come_at_once() -> None:
    huge = replace(SEED, comments=10**9, users=1)
    first = list(islice(generate(huge), 50))
    assert len({comment.time_us for comment in first}) == 50
    assert {comment.name for comment in first} == {"ada"}
