"""The ladder of phases as an endpoint's stepper shows it."""

from __future__ import annotations

from dataclasses import dataclass

from migration.enums import Kind, Phase
from migration.flags.phases import LADDER


@dataclass(frozen=True, slots=True)
class Stage:
    """`state` is done, now or ahead; `percent` how far the current one is, where it is taken by shares."""

    phase: Phase
    state: str
    percent: int | None = None

    @property
    def label(self) -> str:
        """May be broken where a phone is too narrow for the longest."""
        return self.phase.value.replace("decommission", "decom&shy;mission")


def stages(kind: Kind, phase: Phase, *, percent: int | None = None) -> list[Stage]:
    ladder = LADDER[kind]
    here = ladder.index(phase)
    return [
        Stage(each, "done" if place < here else "now" if place == here else "ahead", percent if place == here else None)
        for place, each in enumerate(ladder)
    ]
