"""Every write of the service goes through the router of the process."""

from __future__ import annotations

from chat import services
from chat.data import Comment
from chat.routing.process import use_router
from chat.routing.router import AnsweredBy, Posted
from tests.chat.routing.doubles import SOURCE, Setting, held_by


def test_a_post_is_issued_its_time_and_kept_in_both_stores() -> None:
    setting = Setting()
    with use_router(setting.router):
        posted = services.post_comment(room="lobby", name="ann", text="hi")
    comment = Comment(room="lobby", name="ann", time_us=1, text="hi")
    assert posted == Posted(comment=comment, by=AnsweredBy(store=SOURCE, epoch=1))
    assert held_by(setting.source, "lobby") == held_by(setting.target, "lobby") == [comment]
