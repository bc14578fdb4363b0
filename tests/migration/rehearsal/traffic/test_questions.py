import time

import pytest

from migration.rehearsal.traffic.instants import microseconds_of, text_of
from migration.rehearsal.traffic.listing import ListingInvalid, Shown
from migration.rehearsal.traffic.questions import LatestPage, legacy_poll, overlap_poll


def moments(*microseconds: int) -> list[str]:
    """Texts of instants that many microseconds after now."""
    now_us = time.time_ns() // 1000
    return [text_of(now_us + offset) for offset in microseconds]


def test_the_legacy_poll_asks_after_the_greatest_time_it_has_seen() -> None:
    poll, [older, newer] = legacy_poll(), moments(10, 20)
    assert poll.path() == f"/chat/comments/latest/{poll.first_position}"

    poll.take([Shown("a", newer), Shown("b", older)])

    assert poll.path() == f"/chat/comments/latest/{newer}"


def test_the_overlapping_poll_asks_ten_seconds_further_back_and_drops_what_it_showed() -> None:
    poll, [older, newer] = overlap_poll(), moments(10, 20)

    assert poll.take([Shown("a", newer)]) == [Shown("a", newer)]
    assert poll.path() == f"/chat/comments/latest/{text_of(microseconds_of(newer) - 10_000_000)}"
    # One that became visible late, below the greatest time, is still shown, and only once (protocol P1).
    assert poll.take([Shown("a", newer), Shown("b", older)]) == [Shown("b", older)]
    assert poll.take([Shown("a", newer), Shown("b", older)]) == []


@pytest.mark.parametrize("text", ["test_time", "9999999999.5", "2000000"])
def test_a_time_the_api_cannot_have_issued_moves_no_position(text: str) -> None:
    poll = legacy_poll()
    before = poll.path()

    assert poll.take([Shown("x", text)]) == [Shown("x", text)]
    assert poll.path() == before


def test_a_latest_page_holds_at_most_twenty() -> None:
    page = [Shown(str(number), "1700000000.0") for number in range(21)]

    assert LatestPage().take(page[:20]) == []
    with pytest.raises(ListingInvalid, match="21 comments on a page of 20"):
        LatestPage().take(page)
