"""Whatever happens in whatever order, an accepted comment ends in both stores once (protocol W1 to W6, D1 to D4).

The real router, recorder, files, ledger, drain and sweep; the stores are in memory, so that their faults can be chosen.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Step
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import DjangoDbBlocker

from chat.clock import wall_us
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import ChatError, OutcomeUnknown, StoreUnavailable
from chat.routing import authority
from chat.routing.ports import WriteRoute
from chat.routing.router import OpenStore, Router
from chat.stores.base import PutResult, Store
from chat.stores.memory import MemoryStore
from migration.apply.writer import write_many
from migration.enums import Phase
from migration.ledger.drain import drain
from migration.ledger.entries import UNPAID, keep
from migration.ledger.files import ProcessFiles, collect
from migration.ledger.inflight import InFlight
from migration.ledger.lines import Entry
from migration.ledger.quick import QuickLedger
from migration.ledger.recorder import ProcessRecorder
from migration.ledger.spool import Spool
from migration.ledger.sweep import sweep
from migration.models import ActiveRoom, Debt, Rollout, SweepState
from tests.chat.routing.doubles import Turned
from tests.migration import bed as beds
from tests.migration.vectors import stand

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM
Outcome = Literal["done", "refused", "lost", "late"]
OUTCOMES: tuple[Outcome, ...] = ("done", "refused", "lost", "late")
AN_HOUR_US = 3_600_000_000


class Killed(BaseException):
    """The process is gone at this very line: nothing of it runs any more."""


class Whimsical(MemoryStore):
    """Its next writes end as scripted, then all is well. `late` writes land when `land` is called."""

    def __init__(self, store_id: StoreId) -> None:
        super().__init__()
        self.id = store_id
        self.script: list[Outcome] = []
        self.on_its_way: list[Comment] = []

    def put(self, comment: Comment) -> PutResult:
        outcome = self._next(comment)
        result = super().put(comment)
        if outcome == "lost":
            raise OutcomeUnknown(self.id, "answer lost")
        return result

    def upsert(self, comment: Comment) -> None:
        outcome = self._next(comment)
        super().upsert(comment)
        if outcome == "lost":
            raise OutcomeUnknown(self.id, "answer lost")

    def _next(self, comment: Comment) -> Outcome:
        outcome = self.script.pop(0) if self.script else "done"
        if outcome == "refused":
            raise StoreUnavailable(self.id, "refused")
        if outcome == "late":
            self.on_its_way.append(comment)
            raise OutcomeUnknown(self.id, "timed out")
        return outcome

    def land(self) -> None:
        """Conditional, as a first put is; so is a late mirror write, which finds itself or nothing."""
        while self.on_its_way:
            super().put(self.on_its_way.pop(0))


class Process:
    """One web process, whose death leaves its files and nothing else."""

    def __init__(self, base: Path, route: WriteRoute, open_store: OpenStore, instants: Iterator[int]) -> None:
        self.base = base
        self.files = ProcessFiles(Spool(base.with_suffix(".spool")), InFlight(base.with_suffix(".inflight")))
        self.recorder = ProcessRecorder(self.files)
        # Its ledger writes at once or not at all: threads would make a run differ from its repetition.
        self.ledger = Direct()
        self.recorder._ledger = self.ledger
        policy = Turned(write=route, instants=instants)
        self.router = Router(policy=policy, recorder=self.recorder, open_store=open_store)

    def die(self) -> None:
        self.router.circuits.close()
        self.files.forget()


class Direct(QuickLedger):
    """The control database answers, or is away, as the test says."""

    away = False

    def keep(self, entry: Entry) -> bool:
        if not self.away:
            keep([entry])
        return not self.away


class Interleavings(RuleBasedStateMachine):
    folder: ClassVar[Path]
    collecting: ClassVar[bool] = True
    sweeping: ClassVar[bool] = True
    numbers = count(1)

    @initialize(reverse=st.booleans())
    def begin(self, reverse: bool) -> None:
        for model in (Debt, ActiveRoom, SweepState):
            model._default_manager.all().delete()
        stand(Rollout.objects.get(), write=Phase.CUTOVER if reverse else Phase.DUAL, reads=Phase.CUTOVER)
        self.stores = {SOURCE: Whimsical(SOURCE), TARGET: Whimsical(TARGET)}
        decides, follows = (TARGET, SOURCE) if reverse else (SOURCE, TARGET)
        self.route = WriteRoute(epoch=1, authority=decides, mirror=follows)
        # Long enough ago for the sweep, recent enough for its overlap.
        self.instants = count(wall_us() - 60_000_000, 100)
        self.accepted: list[Comment] = []
        self.homes = Path(tempfile.mkdtemp(dir=self.folder))
        self.process = self.start()

    def start(self) -> Process:
        return Process(self.homes / str(next(self.numbers)), self.route, self.open_store, self.instants)

    def open_store(self, store_id: StoreId, role: Role) -> Store:
        return self.stores[store_id]

    @rule(
        puts=st.lists(st.sampled_from(OUTCOMES), max_size=5),
        upserts=st.lists(st.sampled_from(OUTCOMES), max_size=1),
        away=st.booleans(),
    )
    def post(self, puts: list[Outcome], upserts: list[Outcome], away: bool) -> None:
        self._script(puts, upserts)
        self.process.ledger.away = away
        with suppress(ChatError):
            posted = self.process.router.post(room="chat", name="ann", text=f"text {next(self.numbers)}")
            self.accepted.append(posted.comment)
        self._script([], [])

    def _script(self, puts: list[Outcome], upserts: list[Outcome]) -> None:
        assert self.route.mirror is not None
        self.stores[self.route.authority].script = list(puts)
        self.stores[self.route.mirror].script = list(upserts)

    @rule(
        where=st.sampled_from(["put", "upsert", "_record", "append", "end"]),
        before=st.booleans(),
        puts=st.lists(st.sampled_from(OUTCOMES), max_size=2),
        upserts=st.lists(st.sampled_from(OUTCOMES), max_size=1),
        away=st.booleans(),
    )
    def crash(self, where: str, before: bool, puts: list[Outcome], upserts: list[Outcome], away: bool) -> None:
        """In the middle of a post, before or after that line; the next process starts at once."""
        assert self.route.mirror is not None
        owner = {
            "put": self.stores[self.route.authority],
            "upsert": self.stores[self.route.mirror],
            "append": self.process.files.spool,
        }.get(where, self.process.recorder)
        with pytest.MonkeyPatch.context() as patch:
            real = getattr(owner, where)

            def killed(*words: object, **options: object) -> None:
                if not before:
                    real(*words, **options)
                raise Killed

            patch.setattr(owner, where, killed)
            # Whatever would run while the exception passes through does not run in a process that was killed.
            patch.setattr(self.process.recorder, "abandon", lambda mark: None)
            with suppress(Killed):
                self.post(puts, upserts, away)
        self._script([], [])
        self.process.die()
        self.process = self.start()

    @rule()
    def tidy(self) -> None:
        self.process.recorder.tidy()

    @precondition(lambda self: self.collecting)
    @rule()
    def collect_the_dead(self) -> None:
        for path in sorted({path.with_suffix("") for path in self.homes.iterdir()} - {self.process.base}):
            collect(path)

    @rule(puts=st.lists(st.sampled_from(OUTCOMES), max_size=4), upserts=st.lists(st.sampled_from(OUTCOMES), max_size=3))
    def drain(self, puts: list[Outcome], upserts: list[Outcome]) -> None:
        self._script(puts, upserts)
        drain(self.open_store, at_once=True)
        self._script([], [])

    @rule()
    def land(self) -> None:
        for store in self.stores.values():
            store.land()

    @precondition(lambda self: self.sweeping)
    @rule()
    def sweep(self) -> None:
        sweep(self.open_store)

    @rule()
    def copy_a_page(self) -> None:
        """Backfill, as long as the source decides."""
        if self.route.authority is SOURCE:
            write_many(self.stores[TARGET], list(self.stores[SOURCE].stream_room("chat")))

    @rule()
    def the_mirror_is_well_again(self) -> None:
        assert self.route.mirror is not None
        # What the prober's thread does a second later.
        self.process.router.circuits.of(self.route.mirror)._open = False

    @invariant()
    def accepted_comments_are_with_their_authority(self) -> None:
        held = set(self.stores[self.route.authority].stream_room("chat"))
        assert set(self.accepted) <= held

    def teardown(self) -> None:
        if not hasattr(self, "process"):
            return
        self.process.recorder.tidy()
        self.process.die()
        self.land()
        if self.collecting:
            for path in sorted({path.with_suffix("") for path in self.homes.iterdir()}):
                collect(path)
        for _ in range(3):
            if self.sweeping:
                sweep(self.open_store)
            Debt.objects.filter(state__in=UNPAID).update(next_try_at=timezone.now())
            drain(self.open_store, at_once=True)
        shutil.rmtree(self.homes)
        self.check()

    def check(self) -> None:
        assert not Debt.objects.filter(state__in=UNPAID).exists()
        source, target = (list(self.stores[store].stream_room("chat")) for store in (SOURCE, TARGET))
        assert source == target
        assert set(self.accepted) <= set(source)
        assert len({comment.text for comment in source}) == len(source)


@pytest.fixture
def ground(
    control_template: Path, django_db_blocker: DjangoDbBlocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setattr(authority, "RESEND_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(Interleavings, "folder", tmp_path, raising=False)
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(beds.control_database(beds.copy_of(control_template, tmp_path)))
        yield


CAMPAIGN = settings(
    max_examples=50,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("sweeping", [True, False])
def test_every_accepted_comment_ends_in_both_stores_once(monkeypatch: pytest.MonkeyPatch, sweeping: bool) -> None:
    """Without the sweep too: it would else hide what ledger and files forget."""
    monkeypatch.setattr(Interleavings, "sweeping", sweeping)
    run_state_machine_as_test(Interleavings, settings=CAMPAIGN)


def forget(*_: object) -> None:
    """A mechanism that is switched off."""


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("off", ["files of the dead", "spool", "ledger"])
def test_without_any_of_them_it_does_not(monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    monkeypatch.setattr(Interleavings, "sweeping", False)
    if off == "files of the dead":
        monkeypatch.setattr(Interleavings, "collecting", False)
    if off == "spool":
        monkeypatch.setattr(Spool, "append", forget)
    if off == "ledger":
        monkeypatch.setattr(ProcessRecorder, "_record", forget)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Interleavings, settings=settings(CAMPAIGN, phases=[Step.generate]))
