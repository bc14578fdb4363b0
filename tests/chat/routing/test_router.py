"""Requests along their routes: authority, then mirror or ledger, then the answer; reads page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from prometheus_client import Counter

from chat.conf import Role
from chat.data import Comment, Endpoint, Page, Position
from chat.exceptions import (
    KeyContested,
    MirrorConflict,
    OutcomeUnknown,
    StoreRefused,
    StoreUnavailable,
)
from chat.metrics import FALLBACKS, MIRROR_SKIPPED, STALE_READS
from chat.routing import authority
from chat.routing.authority import Unsettled
from chat.routing.ports import ReadRoute, WriteRoute
from chat.routing.router import MIRROR_AWAY, AnsweredBy, Posted, Router
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from tests.chat.routing.doubles import SOURCE, TARGET, Entry, Faulty, Remembered, Setting, Turned, held_by

AWAY = StoreUnavailable("memory", "nobody there")
UNKNOWN = OutcomeUnknown("memory", "no answer")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "RESEND_PAUSES", (0.0, 0.0, 0.0))


def said(us: int, text: str = "hi") -> Comment:
    return Comment(room="chat", name="ann", time_us=us, text=text)


def post(setting: Setting) -> Posted:
    return setting.router.post(room="chat", name="ann", text="hi")


# Writes


def test_a_comment_goes_to_the_authority_and_then_to_the_mirror() -> None:
    setting = Setting()
    posted = post(setting)
    assert posted == Posted(comment=said(1), by=AnsweredBy(store=SOURCE, epoch=1))
    assert held_by(setting.source) == held_by(setting.target) == [said(1)]
    assert setting.roles == [(SOURCE, Role.SERVE), (TARGET, Role.MIRROR)]
    assert setting.recorder.entries == []


def test_the_roles_are_those_of_the_route_not_of_the_stores() -> None:
    setting = Setting()
    setting.policy.write = WriteRoute(epoch=8, authority=TARGET, mirror=SOURCE)
    assert post(setting).by == AnsweredBy(store=TARGET, epoch=8)
    assert setting.roles == [(TARGET, Role.SERVE), (SOURCE, Role.MIRROR)]


def test_without_a_mirror_only_the_authority_is_touched() -> None:
    setting = Setting()
    setting.policy.write = WriteRoute(epoch=1, authority=SOURCE, mirror=None)
    post(setting)
    assert setting.roles == [(SOURCE, Role.SERVE)]
    assert held_by(setting.target) == []


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (AWAY, "memory: nobody there"),
        (UNKNOWN, "memory: no answer"),
        (StoreRefused("memory", "no such table"), "memory: no such table"),
        (MirrorConflict("memory", "another comment"), "memory: another comment"),
        (ValueError("a defect"), "ValueError: a defect"),
    ],
)
def test_a_mirror_that_fails_is_owed_the_comment_before_the_answer(fault: Exception, cause: str) -> None:
    setting = Setting(target=Faulty(refused=[fault]))
    admitted: list[int] = []
    setting.recorder.on_keep = lambda: admitted.append(setting.policy.inside)
    assert post(setting).comment == said(1)
    assert setting.recorder.entries == [Entry("owed", said(1), SOURCE, TARGET, cause)]
    # Recorded within the admission: a hold counts debts when the last older write has ended.
    assert admitted == [1]


def test_a_debt_that_cannot_be_recorded_is_not_answered_as_success() -> None:
    setting = Setting(target=Faulty(refused=[AWAY]))
    setting.recorder.fault = RuntimeError("disk full")
    with pytest.raises(OutcomeUnknown, match="the ledger cannot be written: RuntimeError: disk full"):
        post(setting)
    assert held_by(setting.source) == [said(1)]
    assert setting.policy.inside == 0


def test_an_unsettled_write_is_recorded_and_not_mirrored() -> None:
    setting = Setting(source=Faulty(lost=[UNKNOWN], refused=[None, AWAY, AWAY, AWAY]))
    admitted: list[int] = []
    setting.recorder.on_keep = lambda: admitted.append(setting.policy.inside)
    with pytest.raises(Unsettled):
        post(setting)
    cause = "memory: outcome still unknown: memory: nobody there"
    assert setting.recorder.entries == [Entry("unsettled", said(1), SOURCE, TARGET, cause)]
    assert held_by(setting.target) == []
    assert (admitted, setting.policy.inside) == ([1], 0)


def test_an_unsettled_write_without_a_mirror_is_recorded_too() -> None:
    setting = Setting(source=Faulty(refused=[UNKNOWN] * 4))
    setting.policy.write = WriteRoute(epoch=1, authority=SOURCE, mirror=None)
    with pytest.raises(Unsettled):
        post(setting)
    assert [(entry.kind, entry.owed) for entry in setting.recorder.entries] == [("unsettled", None)]


def test_an_unsettled_write_that_cannot_be_recorded_is_still_of_unknown_outcome() -> None:
    setting = Setting(source=Faulty(refused=[UNKNOWN] * 4))
    setting.recorder.fault = RuntimeError("disk full")
    with pytest.raises(OutcomeUnknown, match="disk full"):
        post(setting)


def test_a_lost_answer_that_is_settled_is_an_ordinary_post() -> None:
    setting = Setting(source=Faulty(lost=[UNKNOWN]))
    assert post(setting).comment == said(1)
    assert held_by(setting.source) == held_by(setting.target) == [said(1)]
    assert setting.recorder.entries == []


def test_the_mirror_gets_the_instant_the_authority_accepted() -> None:
    setting = Setting()
    setting.source.upsert(said(1, "theirs"))
    assert post(setting).comment == said(2)
    assert held_by(setting.target) == [said(2)]


def test_a_contested_key_writes_nothing_anywhere() -> None:
    setting = Setting()
    setting.source.upsert_many([said(us, "theirs") for us in (1, 2, 3, 4)])
    with pytest.raises(KeyContested):
        post(setting)
    assert len(held_by(setting.source)) == 4
    assert (held_by(setting.target), setting.recorder.entries) == ([], [])


def test_an_authority_that_did_nothing_owes_nothing() -> None:
    setting = Setting(source=Faulty(refused=[AWAY]))
    with pytest.raises(StoreUnavailable):
        post(setting)
    assert (held_by(setting.target), setting.recorder.entries) == ([], [])
    assert setting.policy.inside == 0


# Reads


def five(setting: Setting) -> list[Comment]:
    """Five comments, two of them of one instant, in both stores; newest first, as they are read."""
    comments = [said(us) for us in (50, 40, 20, 10)] + [Comment(room="chat", name="bob", time_us=20, text="hi")]
    setting.both(comments)
    return held_by(setting.source)


def paged(store: Store, *, after: Position | None) -> Page:
    return store.page("chat", after, 1)


def test_a_read_is_answered_by_the_store_of_its_route() -> None:
    setting = Setting()
    setting.target.upsert(said(1))
    setting.policy.read, setting.policy.epoch = TARGET, 9
    found, by = setting.router.read(Endpoint.LATEST_COMMENTS, "chat", lambda store: store.latest("chat", 20))
    assert (found, by) == ((said(1),), AnsweredBy(store=TARGET, epoch=9))
    assert setting.policy.asked == [(Endpoint.LATEST_COMMENTS, "chat")]
    assert setting.roles == [(TARGET, Role.SERVE)]


def test_a_read_that_fails_has_ended() -> None:
    setting = Setting()

    def fail(store: Store) -> None:
        raise AWAY

    with pytest.raises(StoreUnavailable):
        setting.router.read(Endpoint.LATEST_COMMENTS, "chat", fail)
    assert setting.policy.inside == 0


@pytest.mark.parametrize("first", [SOURCE, TARGET])
@pytest.mark.parametrize("flip_after", [1, 2, 3, 4])
def test_paging_across_a_flip_repeats_nothing_and_leaves_nothing_out(first: str, flip_after: int) -> None:
    """Both ways, at every page edge, the one within a tie too."""
    setting = Setting()
    wanted = five(setting)
    here, there = (SOURCE, TARGET) if first == SOURCE else (TARGET, SOURCE)
    setting.policy.read = here
    seen: list[Comment] = []
    stores = []
    for number, (page, by) in enumerate(setting.router.pages(Endpoint.ALL_COMMENTS, "chat", paged), start=1):
        seen += page.items
        stores.append(by.store)
        if number == flip_after:
            setting.policy.read, setting.policy.epoch = there, 2
    assert seen == wanted
    assert stores == [here] * flip_after + [there] * (5 - flip_after)


def test_flipping_at_every_page_is_no_trouble_either() -> None:
    setting = Setting()
    wanted = five(setting)
    seen: list[Comment] = []
    for page, _ in setting.router.pages(Endpoint.ALL_COMMENTS, "chat", paged):
        seen += page.items
        setting.policy.read = TARGET if setting.policy.read is SOURCE else SOURCE
    assert seen == wanted


def test_between_pages_nothing_is_admitted() -> None:
    """A client that reads slowly holds up no flip (protocol F4)."""
    setting = Setting()
    five(setting)
    inside = [setting.policy.inside for _ in setting.router.pages(Endpoint.ALL_COMMENTS, "chat", paged)]
    assert inside == [0, 0, 0, 0, 0]
    assert len(setting.policy.asked) == 5


# Fallback


@dataclass
class Falling(Turned):
    """Reads go to the target; the source answers in its place."""

    route: ReadRoute = field(default_factory=lambda: ReadRoute(epoch=4, store=TARGET, fallback=SOURCE))

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        yield self.route


class Away(MemoryStore):
    def latest(self, room: str, limit: int) -> tuple[Comment, ...]:
        raise self.fault

    fault: Exception = AWAY


def read(setting: Setting, router: Router) -> AnsweredBy:
    found, by = router.read(Endpoint.LATEST_COMMENTS, "chat", lambda store: store.latest("chat", 20))
    assert found == (said(1),)
    return by


def counted(counter: Counter) -> float:
    value: float = counter.labels(Endpoint.LATEST_COMMENTS)._value.get()
    return value


def test_a_read_is_answered_by_the_fallback_when_the_first_store_is_away() -> None:
    setting = Setting(target=Away(), policy=Falling())
    setting.source.upsert(said(1))
    router, before = setting.router, counted(FALLBACKS)
    assert read(setting, router) == AnsweredBy(store=SOURCE, epoch=4)
    # Asked with little patience, and from then on not at all until it answers.
    assert read(setting, router) == AnsweredBy(store=SOURCE, epoch=4)
    assert setting.roles == [(TARGET, Role.PROMPT), (SOURCE, Role.SERVE), (SOURCE, Role.SERVE)]
    assert counted(FALLBACKS) == before + 2
    router.circuits.close()


def test_a_first_store_that_refuses_is_asked_again_the_next_time() -> None:
    away = Away()
    away.fault = StoreRefused("memory", "no such table")
    setting = Setting(target=away, policy=Falling())
    setting.source.upsert(said(1))
    router = setting.router
    assert read(setting, router) == read(setting, router) == AnsweredBy(store=SOURCE, epoch=4)
    assert setting.roles.count((TARGET, Role.PROMPT)) == 2


def test_a_first_store_that_answers_needs_no_fallback() -> None:
    setting = Setting(policy=Falling())
    setting.target.upsert(said(1))
    before = counted(FALLBACKS)
    assert read(setting, setting.router) == AnsweredBy(store=TARGET, epoch=4)
    assert counted(FALLBACKS) == before


@pytest.mark.parametrize(
    ("route", "stale"),
    [
        (ReadRoute(epoch=4, store=SOURCE, stale=True), 1),
        (ReadRoute(epoch=4, store=TARGET, fallback=SOURCE, fallback_stale=True), 1),
        (ReadRoute(epoch=4, store=SOURCE, fallback=TARGET, fallback_stale=True), 0),
        (ReadRoute(epoch=4, store=TARGET, fallback=SOURCE), 0),
    ],
)
def test_an_answer_of_a_store_that_is_owed_the_room_is_counted(route: ReadRoute, stale: int) -> None:
    """Whichever store it was in the end (protocol F11)."""
    setting = Setting(target=Away(), policy=Falling(route=route))
    setting.source.upsert(said(1))
    router, before = setting.router, counted(STALE_READS)
    read(setting, router)
    assert counted(STALE_READS) == before + stale
    router.circuits.close()


# A mirror that is away


def test_after_its_first_failure_a_mirror_is_not_asked_but_owed() -> None:
    setting = Setting(target=Faulty(refused=[AWAY]))
    router, before = setting.router, MIRROR_SKIPPED.labels(TARGET)._value.get()
    for _ in range(3):
        router.post(room="chat", name="ann", text="hi")
    assert [entry.cause for entry in setting.recorder.entries] == ["memory: nobody there", MIRROR_AWAY, MIRROR_AWAY]
    assert setting.roles.count((TARGET, Role.MIRROR)) == 1
    assert MIRROR_SKIPPED.labels(TARGET)._value.get() == before + 2
    router.circuits.close()


def test_a_mirror_that_refuses_one_comment_is_asked_for_the_next() -> None:
    setting = Setting(target=Faulty(refused=[MirrorConflict("memory", "another comment")]))
    router = setting.router
    for _ in range(2):
        router.post(room="chat", name="ann", text="hi")
    assert [entry.cause for entry in setting.recorder.entries] == ["memory: another comment"]
    assert held_by(setting.target) == [said(2)]


# Marks


@pytest.mark.parametrize(
    ("setting", "abandoned"),
    [
        (Setting(), []),
        (Setting(target=Faulty(refused=[AWAY])), []),
        (Setting(source=Faulty(refused=[AWAY])), []),
        (Setting(source=Faulty(refused=[UNKNOWN] * 4)), []),
        (Setting(source=Faulty(refused=[ValueError("a defect")])), [said(1)]),
        (Setting(target=Faulty(refused=[AWAY]), recorder=Remembered(fault=OSError("disk full"))), [said(1)]),
        (Setting(source=Faulty(refused=[UNKNOWN] * 4), recorder=Remembered(fault=OSError("disk full"))), [said(1)]),
    ],
    ids=["done", "owed", "refused", "unsettled", "a defect", "not owed", "not unsettled"],
)
def test_a_mark_is_cleared_when_the_end_is_known_and_else_abandoned(setting: Setting, abandoned: list[Comment]) -> None:
    with suppress(StoreUnavailable, OutcomeUnknown, ValueError):
        post(setting)
    assert (setting.recorder.under_way, setting.recorder.abandoned) == ([], abandoned)
