"""Web processes killed again and again at random moments, with the mirror well or away: nothing answered is lost."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest
from pytest_django import Settings

from chat.data import StoreId
from migration.enums import HolderState, Phase
from migration.holders.dead import is_proven_dead
from migration.models import Holder, Rollout
from tests import engines
from tests.faults.accounts import damage, unpaid, violations
from tests.faults.campaigns import DRAIN_LIMIT_SECONDS, addresses
from tests.faults.counts import note
from tests.faults.outages import Stalling, behind_a_wire, go_away_and_return
from tests.faults.posting import PATIENCE, WORKERS, Load, posting, web_processes
from tests.faults.workers import await_listening, paying
from tests.migration.bed import Bed
from tests.migration.vectors import stand

ROUNDS = int(os.environ.get("SOAK_KILLS", "1"))
"""In either direction: as many in `make test`; `make soak` asks for more."""
SEED = int(os.environ.get("SOAK_SEED", "1"))
RESPAWN = {"GRANIAN_RESPAWN_FAILED_WORKERS": "true", "GRANIAN_RESPAWN_INTERVAL": "0.2"}
LONGEST_WAIT = 1.5
"""Seconds of load, or of an outage of the mirror, before a kill."""
REPLACED_WITHIN = 10.0
"""A process registers with its first request, and an idle one may wait long for it."""
MIRRORS = {Phase.DUAL: StoreId.SCYLLA_ROOM, Phase.CUTOVER: StoreId.DYNAMODB}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 20 * ROUNDS + DRAIN_LIMIT_SECONDS)]


@dataclass
class Killer:
    """Draws who is killed and when; a seed gives the same draws, though not the same moments of a busy machine."""

    load: Load
    wires: list[Stalling]
    address: tuple[str, int]
    draw: Random
    kills: int = 0
    outages: int = 0
    debts_peak: int = 0

    def strike(self) -> None:
        away = self.draw.random() < 0.5
        self.wires[-1].stalled = away
        self.outages += away
        sleep(self.draw.uniform(0, LONGEST_WAIT))
        living = serving_now()
        victims = self.draw.sample(living, self.draw.randint(1, len(living)))
        self.load.kill(victims)
        self.kills += len(victims)
        self.debts_peak = max(self.debts_peak, unpaid())
        if away:
            go_away_and_return(self.wires, self.address, hangs=self.draw.uniform(0, LONGEST_WAIT), refuses=0.2)


def serving_now() -> list[int]:
    live = Holder.objects.filter(state=HolderState.LIVE, kind="web").order_by("pk")
    return [holder.pid for holder in live if not is_proven_dead(holder)]


def await_replaced(load: Load) -> None:
    """Clients are answered again; by as many processes as before, unless one of them is given no connection."""
    began, answered = monotonic(), len(load.answers)
    while len(load.answers) < answered + 10 or (len(serving_now()) < WORKERS and monotonic() < began + REPLACED_WITHIN):
        assert monotonic() < began + PATIENCE, f"{serving_now()} serve, {len(load.answers) - answered} answers"
        sleep(0.05)


def await_paid() -> float | None:
    """Seconds until the workers had paid everything; None if they did not."""
    began = monotonic()
    while unpaid() or any_files_left():
        if monotonic() > began + DRAIN_LIMIT_SECONDS:
            return None
        sleep(0.2)
    return round(monotonic() - began, 1)


def any_files_left() -> bool:
    """Of the dead: those are turned into debts first."""
    dead = [holder for holder in Holder.objects.filter(kind="web") if is_proven_dead(holder) and holder.files]
    return any(Path(f"{holder.files}{suffix}").exists() for holder in dead for suffix in (".spool", ".inflight"))


@pytest.mark.parametrize("write", [Phase.DUAL, Phase.CUTOVER])
def test_kills_at_random_moments_lose_nothing_that_was_answered(
    bed: Bed, rollout: Rollout, settings: Settings, write: Phase
) -> None:
    settings.VAR_DIR = bed.folder / "web"
    stand(rollout, write=write, reads=Phase.CUTOVER)
    mirror = MIRRORS[write]
    address = engines.cql_address() if mirror is StoreId.SCYLLA_ROOM else engines.dynamodb_address()
    with ExitStack() as stack:
        wires = stack.enter_context(behind_a_wire(address))
        over_the_wire = addresses(mirror, wires[0].port)
        stack.enter_context(paying(bed, **over_the_wire))
        load = Load(stack.enter_context(web_processes(bed, **over_the_wire, **RESPAWN)))
        killer = Killer(load, wires, address, Random(f"{SEED} {write}"))
        with posting(load, through_kills=True):
            await_listening()
            for _ in range(ROUNDS):
                killer.strike()
                await_replaced(load)
        drained = await_paid()
    found = violations(load.accepted, bed)
    note(
        f"kills in {write}",
        seed=SEED,
        rounds=ROUNDS,
        killed=killer.kills,
        outages=killer.outages,
        acknowledged=len(load.accepted),
        failed=sum(answer.status != 200 for answer in load.answers),
        **asdict(damage(load.accepted, bed)),
        violations=found[:20],
        debts_peak=killer.debts_peak,
        drained_s=drained,
    )
    assert (found, drained is None) == ([], False)
    assert len(load.accepted) > 10 * ROUNDS
