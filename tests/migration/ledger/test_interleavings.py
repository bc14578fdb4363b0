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
from typing import ClassVar

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
from chat.exceptions import ChatError
from chat.routing import authority
from chat.routing.ports import WriteRoute
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.enums import Phase
from migration.ledger.drain import drain
from migration.ledger.entries import UNPAID
from migration.ledger.files import collect
from migration.ledger.recorder import ProcessRecorder
from migration.ledger.spool import Spool
from migration.ledger.sweep import sweep
from migration.models import ActiveRoom, Debt, Rollout, SweepState
from tests.examples import examples, repeatable
from tests.migration import bed as beds
from tests.migration.ledger.whimsical import OUTCOMES, Killed, Outcome, Process, Whimsical
from tests.migration.vectors import stand

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


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
    max_examples=examples(50),
    stateful_step_count=14,
    deadline=None,
    derandomize=repeatable(),
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
