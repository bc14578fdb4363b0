"""The state machine of `test_machine`: a rollout, three processes, and movers that die or are overtaken at any step."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pytest_django import Settings

from chat.data import Endpoint, StoreId
from migration.enums import HolderState, Kind, Phase, ReadFlag, Step, WriteFlag
from migration.exceptions import ControlError, IllegalMove, Refused
from migration.flags.phases import Place, vector_faults
from migration.models import Holder, Rollout, Route, StoreState, Transition
from migration.transitions.moving import carry_out
from migration.transitions.recovery import recover, unfinished
from tests.migration import bed
from tests.migration.flags.conftest import FakeMonotonic
from tests.migration.flags.simulated import Delays, Happening, Killed, Meanwhile, Process
from tests.migration.vectors import POST, READS, epoch_of, place, wish, write_flag

MOVED = (POST, *READS)
LADDER = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR, WriteFlag.HELD, WriteFlag.TARGET_MIRROR, WriteFlag.TARGET)
DECIDES = {
    WriteFlag.SOURCE: "source",
    WriteFlag.SOURCE_MIRROR: "source",
    WriteFlag.TARGET_MIRROR: "target",
    WriteFlag.TARGET: "target",
}
LONGEST_WALK = 9
"""Rounds over all endpoints: one step of the ladder, or one ramp, is possible in each."""
FILLED = (WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR)
PROCESSES = 3
WHO = st.integers(0, PROCESSES - 1)
HAPPENINGS = st.sampled_from(
    [
        *(f"{what} {who}" for what in ("poll", "admit", "finish", "die", "declare") for who in range(PROCESSES)),
        *["settle"] * 5,
        *["look"] * 3,
        "freeze",
        "recover",
        "killed",
        "back",
    ]
)
MEANWHILE = st.lists(st.lists(HAPPENINGS, max_size=3), max_size=6)
BEGINNINGS = st.sampled_from(
    [
        (Phase.LEGACY, Phase.LEGACY),
        (Phase.DUAL, Phase.SHADOW),
        (Phase.DUAL, Phase.CUTOVER),
        (Phase.CUTOVER, Phase.CUTOVER),
        (Phase.CUTOVER, Phase.DECOMMISSION),
    ]
)


class Machine(RuleBasedStateMachine):
    template: ClassVar[Path]
    folder: ClassVar[Path]
    settings: ClassVar[Settings]
    clock: ClassVar[FakeMonotonic]
    meanwhile: ClassVar[Meanwhile]

    @initialize(beginning=BEGINNINGS, walks=st.sampled_from([False, False, True]))
    def begin(self, beginning: tuple[Phase, Phase], walks: bool) -> None:
        self.walks = walks
        self.home = Path(mkdtemp(dir=self.folder))
        self.settings.VAR_DIR = self.home
        self.opened = ExitStack()
        self.opened.enter_context(bed.control_database(bed.copy_of(self.template, self.home)))
        # No test pulls the plug here, and a run makes thousands of commits.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
        self.rollout = Rollout.objects.get()
        write, reads = beginning
        place(POST, write)
        for endpoint in READS:
            place(endpoint, reads, ramp=100 if reads in (Phase.CUTOVER, Phase.DECOMMISSION) else 0)
        StoreState.objects.update(complete=True)
        self.processes = [Process(self.clock) for _ in range(PROCESSES)]

    # What processes do

    @rule(who=WHO, delays=st.lists(HAPPENINGS, max_size=2))
    def poll(self, who: int, delays: list[str]) -> None:
        """Frozen between its look at the flags and all that follows from it, while others go on."""
        others = [
            delay for delay in delays if not delay.endswith(str(who)) and delay not in ("settle", "look", "killed")
        ]
        Delays.next = list(map(self.happening, others))
        self.processes[who].poll()
        Delays.next = []

    @rule(who=WHO)
    def admit(self, who: int) -> None:
        self.processes[who].admit()

    @rule(who=WHO)
    def finish(self, who: int) -> None:
        self.processes[who].finish()

    @rule(who=WHO)
    def die(self, who: int) -> None:
        """Another one takes its place."""
        self.processes[who].die()
        self.processes[who] = Process(self.clock)

    @rule(who=WHO)
    def declare(self, who: int) -> None:
        self.processes[who].declared_dead()

    @rule()
    def freeze(self) -> None:
        """Nobody polls for a while."""
        self.clock.advance(6)

    @rule()
    def settle(self) -> None:
        for process in self.processes:
            process.finish()
            process.poll()

    def look(self) -> None:
        """All poll, whatever is under way in them."""
        for process in self.processes:
            process.poll()

    # What movers do

    @rule(
        endpoint=st.sampled_from(MOVED),
        verb=st.sampled_from(["advance", "advance", "rollback", "ramp"]),
        steps=MEANWHILE,
    )
    def move(self, endpoint: Endpoint, verb: str, steps: list[list[str]]) -> None:
        self.meanwhile.steps = [list(map(self.happening, step)) for step in steps]
        self._carry_out(endpoint, verb)

    @rule()
    def recover(self) -> None:
        """By a process that takes whoever works on it for dead."""
        left = unfinished()
        if left is not None:
            with suppress(ControlError):
                recover(left, seconds=0)

    @rule()
    def back(self) -> None:
        """A read goes back, whatever is under way (protocol F8)."""
        self._carry_out(READS[0], "rollback")

    @rule()
    def fill_up(self) -> None:
        """A verified backfill, either way: whichever store is mirrored and confirmed becomes complete (F2)."""
        epoch = epoch_of(self.rollout)
        behind = Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=epoch)
        if write_flag() in FILLED and not behind.exists():
            StoreState.objects.update(complete=True)

    def _carry_out(self, endpoint: Endpoint, verb: str) -> bool:
        try:
            carry_out(wish(endpoint, verb, percent=100 if verb == "ramp" else None), wait=0)
        except Killed:
            return False
        except ControlError as error:
            return not isinstance(error, (IllegalMove, Refused))
        finally:
            self.meanwhile.steps, self.meanwhile.killed = [], False
        return True

    def kill_the_mover(self) -> None:
        self.meanwhile.killed = True
        raise Killed

    def happening(self, text: str) -> Happening:
        """Each leaves the rules standing, not only the last one."""
        name, _, who = text.partition(" ")
        if name == "killed":
            return self.kill_the_mover
        act: Callable[..., object] = partial(self.poll, delays=[]) if name == "poll" else getattr(self, name)

        def happen() -> None:
            act(**({"who": int(who)} if who else {}))
            self.no_two_write_vectors_but_neighbours()
            self.one_authority()

        return happen

    # What holds at any time

    def _acting(self) -> list[WriteFlag]:
        """Flags a write may be under way or be admitted under. A superseded process polls before it admits one, and
        what it had admitted before is the honest limit of protocol F9."""
        live = [process for process in self.processes if process.live]
        under_way = [w.flag for p in self.processes for w in p.writes if p.live and w.registered_as == p.holder_id]
        return [process.snapshot.write for process in live] + under_way

    @invariant()
    def no_two_write_vectors_but_neighbours(self) -> None:
        places = {LADDER.index(flag) for flag in [write_flag(), *self._acting()]}
        assert max(places) - min(places) <= 1, places

    @invariant()
    def one_authority(self) -> None:
        assert len({DECIDES[flag] for flag in self._acting() if flag in DECIDES}) <= 1

    @invariant()
    def the_vector_is_legal(self) -> None:
        """F1, over the rows as every flip leaves them."""
        assert vector_faults(Place(r.endpoint, Kind(r.kind), Phase(r.phase), r.enabled) for r in self._routes()) == []

    @invariant()
    def only_complete_stores_answer_and_decide(self) -> None:
        complete = set(StoreState.objects.filter(complete=True).values_list("store", flat=True))
        assert {store for route in self._routes() for store in _used(route)} <= complete

    @invariant()
    def holders_poll_fast_exactly_while_something_moves(self) -> None:
        assert Rollout.objects.get(pk=self.rollout.pk).moving is (unfinished() is not None)

    def _routes(self) -> list[Route]:
        return list(Route.objects.filter(rollout=self.rollout, enabled=True))

    # Both ends can be reached

    def teardown(self) -> None:
        if not hasattr(self, "processes"):
            return
        try:
            if self.walks:
                self._walk("advance", {Phase.DECOMMISSION})
                self._walk("rollback", {Phase.LEGACY})
        finally:
            Delays.next = []
            self.opened.close()
            shutil.rmtree(self.home)

    def _walk(self, verb: str, end: set[Phase]) -> None:
        """Whatever is possible, one step after the other, as long as there is something."""
        for _ in range(LONGEST_WALK):
            if not sum(self._step(endpoint, verb) for endpoint in MOVED):
                break
        assert {Phase(route.phase) for route in self._routes()} == end
        assert not Transition.objects.filter(step__in=[Step.INTENT, Step.HELD]).exists()

    def _step(self, endpoint: Endpoint, verb: str) -> bool:
        self.settle()
        self.fill_up()
        self.meanwhile.steps = [[self.settle]] * 8
        ramped = Route.objects.filter(endpoint=endpoint, phase=Phase.CUTOVER, kind=Kind.READ, ramp_percent__lt=100)
        moved = self._carry_out(endpoint, "ramp" if verb == "advance" and ramped.exists() else verb)
        self.the_vector_is_legal()
        self.only_complete_stores_answer_and_decide()
        return moved


def _used(route: Route) -> set[str]:
    """The stores that answer or decide for it."""
    source, target = {StoreId.DYNAMODB.value}, {StoreId.SCYLLA_ROOM.value}
    ramped = (source if route.ramp_percent < 100 else set()) | (target if route.ramp_percent else set())
    reads = {
        ReadFlag.SOURCE: source,
        ReadFlag.SOURCE_SHADOW: source | target,
        ReadFlag.TARGET_RAMP: ramped,
        ReadFlag.TARGET: target,
    }
    writes = {"source": source, "target": target}
    if route.kind == Kind.READ:
        return reads[ReadFlag(route.read_flag)]
    return writes.get(DECIDES.get(WriteFlag(route.write_flag), ""), set())
