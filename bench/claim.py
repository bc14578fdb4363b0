"""What a claim is: a name, what is measured, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from bench.figures import Figures, figures_of
from bench.rounds import Effort, Round


class Engine(StrEnum):
    CQL = "cql"
    DYNAMODB = "dynamodb"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of items or calls: what a claim is measured with, and what is enough to see that it works."""

    full: int
    quick: int


@dataclass(frozen=True, slots=True)
class Run:
    """How one run of a claim is to be measured."""

    effort: Effort
    quick: bool

    def of(self, size: Size) -> int:
        return size.quick if self.quick else size.full


@dataclass(frozen=True, slots=True)
class Case:
    """One thing measured; a claim over several things has several. `name` tells them apart."""

    name: str
    rounds: Sequence[Round]

    @property
    def figures(self) -> Figures:
        return figures_of(self.rounds)


@dataclass(frozen=True, slots=True)
class Claim:
    """`measure` yields the cases as they are done. It finds its table and keyspace empty, and may leave them full."""

    name: str
    statistic: str
    unit: str
    what_ours: str
    what_peer: str | None
    engines: frozenset[Engine]
    measure: Callable[[Run], Iterator[Case]]
    more_is_better: bool = False

    def worst(self, cases: Sequence[Case]) -> Case:
        """The case that speaks most against the claim; by its ratio, or by ours where there is no peer."""
        worst = min if self.more_is_better else max
        return worst(cases, key=lambda case: case.figures.ratio or case.figures.ours)


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (Path(__file__).parent / "claims").glob("[!_]*.py")))


def find(name: str) -> Claim:
    """Imports the claim's module, and with it Django's models: only after the settings are chosen."""
    claim: Claim = import_module(f"bench.claims.{name}").CLAIM
    return claim
