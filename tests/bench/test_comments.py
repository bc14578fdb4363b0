from __future__ import annotations

from itertools import islice

from bench.comments import fresh, table
from chat.clock import wall_us


def test_fresh_comments_never_share_a_key_and_lie_in_the_last_hour() -> None:
    began = wall_us()
    comments = list(islice(fresh(room="chat", name="ann"), 1000))

    assert len({comment.time_us for comment in comments}) == 1000
    assert {(comment.room, comment.name) for comment in comments} == {("chat", "ann")}
    assert all(began - 3_600_000_000 <= comment.time_us < began for comment in comments)


def test_a_table_has_as_many_keys_as_were_asked_for_in_as_many_rooms() -> None:
    comments = table(comments=600, rooms=20)

    assert len({(comment.name, comment.time_us) for comment in comments}) == 600
    assert len({comment.room for comment in comments}) == 20
