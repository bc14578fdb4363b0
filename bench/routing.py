"""The router as a web process has it: registered, its flags in a control database, its threads running."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import F

from bench.rounds import NotMeasured
from chat.routing.ports import DebtRecorder, RoutingPolicy
from chat.routing.process import make_policy, make_recorder
from chat.routing.router import OpenStore, Router
from chat.stores.registry import open_store
from migration.enums import Kind, Phase
from migration.flags.phases import row_of
from migration.models import Rollout, Route

SWITCH_SECONDS = 10.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Serving:
    """What a process has once: it is registered under one policy, and keeps its debts in one place."""

    policy: RoutingPolicy
    recorder: DebtRecorder

    def router(self, phase: Phase, *, opening: OpenStore = open_store) -> Router:
        """With every endpoint in `phase`: `legacy` is DynamoDB alone, `decommission` CQL alone."""
        epoch, deadline = stand_in(phase), time.monotonic() + SWITCH_SECONDS
        while self.policy.health().epoch < epoch:
            if time.monotonic() > deadline:
                raise NotMeasured(f"the process did not switch to {phase.value} within {SWITCH_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        return Router(policy=self.policy, recorder=self.recorder, open_store=opening)


@contextmanager
def serving() -> Iterator[Serving]:
    """Once in a process: what is closed at the end does not open again."""
    found = Serving(policy=make_policy(), recorder=make_recorder())
    try:
        yield found
    finally:
        found.policy.close()
        found.recorder.close()


def stand_in(phase: Phase) -> int:
    """The flags as a rollout that came this far has them; their epoch."""
    for kind in Kind:
        row = row_of(kind, phase)
        Route.objects.filter(kind=kind).update(phase=row.phase, read_flag=row.read, write_flag=row.write)
    Rollout.objects.update(epoch=F("epoch") + 1)
    return Rollout.objects.get(active=True).epoch
