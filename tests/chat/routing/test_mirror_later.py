"""The async mirror mode: the answer does not wait for the mirror, and nothing is forgotten meanwhile (protocol W9)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from chat.data import Comment
from chat.exceptions import StoreUnavailable
from chat.routing.ports import WriteRoute
from chat.routing.router import MIRROR_AWAY, Router
from chat.stores.memory import MemoryStore
from tests.chat.routing.doubles import SOURCE, TARGET, Faulty, Remembered, Setting, Turned, held_by

WAIT = 10.0


class Gated(MemoryStore):
    """A mirror that takes nothing before its gate is opened, then what its fault allows."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.gate, self.asked, self.fault = threading.Event(), threading.Event(), fault

    def upsert(self, comment: Comment) -> None:
        self.asked.set()
        assert self.gate.wait(WAIT)
        if self.fault:
            raise self.fault
        super().upsert(comment)


@dataclass
class Later(Setting):
    target: Gated = field(default_factory=Gated)
    policy: Turned = field(
        default_factory=lambda: Turned(write=WriteRoute(epoch=1, authority=SOURCE, mirror=TARGET, mirror_later=True))
    )

    def accounts(self) -> tuple[int, int, int]:
        """Comments in the mirror, marks in the in-flight file, admissions."""
        return len(held_by(self.target)), len(self.recorder.under_way), self.policy.inside


@contextmanager
def router_of(setting: Setting) -> Iterator[Router]:
    router = setting.router
    try:
        yield router
    finally:
        if isinstance(setting.target, Gated):
            setting.target.gate.set()
        router.afterwards.close()
        router.circuits.close()


def post(router: Router) -> Comment:
    return router.post(room="chat", name="ann", text="hi").comment


def test_the_answer_comes_while_the_mirror_still_waits() -> None:
    setting = Later()
    with router_of(setting) as router:
        accepted = post(router)
        assert held_by(setting.source) == [accepted]
        # Marked and admitted until the mirror's part has ended: a crash is found, and no epoch is confirmed (F4, W5).
        assert setting.accounts() == (0, 1, 1)
    assert setting.accounts() == (1, 0, 0)
    assert held_by(setting.target) == [accepted]
    assert setting.recorder.entries == []


def test_before_the_answer_the_mark_is_made_to_survive_the_machine() -> None:
    setting = Later()
    with router_of(setting) as router:
        assert setting.recorder.hardened == [post(router)]


def test_where_the_mark_cannot_be_made_to_the_answer_waits() -> None:
    setting = Later(recorder=Remembered(hardening=OSError("no space left")))
    setting.target.gate.set()
    with router_of(setting) as router:
        post(router)
        assert setting.accounts() == (1, 0, 0)


def test_in_the_sync_mode_the_answer_waits() -> None:
    setting = Later(policy=Turned())
    setting.target.gate.set()
    with router_of(setting) as router:
        post(router)
        assert setting.accounts() == (1, 0, 0)


def test_a_mirror_that_fails_after_the_answer_is_owed_the_comment() -> None:
    setting = Later(target=Gated(StoreUnavailable(TARGET, "gone")))
    with router_of(setting) as router:
        accepted = post(router)
    assert setting.accounts() == (0, 0, 0)
    assert [(entry.comment, entry.holder, entry.owed) for entry in setting.recorder.entries] == [
        (accepted, SOURCE, TARGET)
    ]


def test_what_the_ledger_refuses_after_the_answer_is_handed_to_the_books() -> None:
    setting = Later(target=Gated(StoreUnavailable(TARGET, "gone")), recorder=Remembered(fault=OSError("disk full")))
    with router_of(setting) as router:
        accepted = post(router)
    assert setting.recorder.abandoned == [accepted]
    assert setting.policy.inside == 0


def test_a_mirror_known_to_be_away_is_owed_the_comment_before_the_answer() -> None:
    setting = Later()
    with router_of(setting) as router:
        router.circuits.of(TARGET).trip("away")
        post(router)
        assert [entry.cause for entry in setting.recorder.entries] == [MIRROR_AWAY]
        assert setting.accounts() == (0, 0, 0)


def test_when_too_many_wait_the_client_waits_instead() -> None:
    setting = Later()
    with router_of(setting) as router:
        while router.afterwards.take(lambda: setting.target.gate.wait(WAIT)):
            pass
        posting = threading.Thread(target=post, args=(router,))
        posting.start()
        assert setting.target.asked.wait(WAIT)
        posting.join(0.1)
        assert posting.is_alive()
        setting.target.gate.set()
        posting.join(WAIT)
        assert setting.accounts() == (1, 0, 0)


def test_a_refused_authority_write_hands_nothing_over() -> None:
    setting = Later(source=Faulty(refused=[StoreUnavailable(SOURCE, "away")]))
    with router_of(setting) as router, pytest.raises(StoreUnavailable):
        post(router)
    assert setting.accounts() == (0, 0, 0)
    assert not setting.target.asked.is_set()
