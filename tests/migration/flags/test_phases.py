"""The ladder and the vector rules, against a spelling of protocol F1 of the test's own."""

from __future__ import annotations

from itertools import product

import pytest

from migration.enums import Kind, Phase
from migration.exceptions import IllegalMove
from migration.flags.phases import LADDER, Place, moves_authority, neighbour, row_of, vector_faults

# Protocol F1 the other way round: for each phase of a write, the phases an enabled read may be in.
READS_ALLOWED = {
    "legacy": {"legacy", "dual"},
    "dual": {"legacy", "dual", "shadow", "cutover"},
    "cutover": {"legacy", "dual", "shadow", "cutover", "decommission"},
    "decommission": {"decommission"},
}


def test_writes_skip_shadow() -> None:
    assert LADDER[Kind.READ] == ("legacy", "dual", "shadow", "cutover", "decommission")
    assert LADDER[Kind.WRITE] == ("legacy", "dual", "cutover", "decommission")


def test_a_write_endpoint_has_no_shadow_phase() -> None:
    with pytest.raises(IllegalMove, match="a write endpoint has no phase shadow"):
        row_of(Kind.WRITE, Phase.SHADOW)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_step_back_undoes_a_step_forward(kind: Kind) -> None:
    for before in LADDER[kind][:-1]:
        after = neighbour(kind, before, forward=True)
        assert LADDER[kind].index(after) == LADDER[kind].index(before) + 1
        assert neighbour(kind, after, forward=False) is before


@pytest.mark.parametrize("kind", list(Kind))
def test_there_is_no_step_beyond_either_end(kind: Kind) -> None:
    with pytest.raises(IllegalMove, match="legacy is the first phase: there is no step back"):
        neighbour(kind, Phase.LEGACY, forward=False)
    with pytest.raises(IllegalMove, match="decommission is the last phase: there is no step on"):
        neighbour(kind, Phase.DECOMMISSION, forward=True)


def test_the_authority_moves_between_dual_and_cutover_of_a_write_only() -> None:
    moving = {
        (kind, before, after)
        for kind, before, after in product(Kind, Phase, Phase)
        if moves_authority(kind, before, after)
    }
    assert moving == {(Kind.WRITE, Phase.DUAL, Phase.CUTOVER), (Kind.WRITE, Phase.CUTOVER, Phase.DUAL)}


def test_every_vector_of_two_writes_and_two_reads_is_judged_by_f1() -> None:
    judged = 0
    for writes in product(LADDER[Kind.WRITE], repeat=2):
        for reads in product(LADDER[Kind.READ], repeat=2):
            for enabled in product((True, False), repeat=2):
                places = [Place(f"write {n}", Kind.WRITE, phase) for n, phase in enumerate(writes)]
                places += [Place(f"read {n}", Kind.READ, reads[n], enabled[n]) for n in (0, 1)]
                asked = [read for read, on in zip(reads, enabled, strict=True) if on]
                legal = all(read in READS_ALLOWED[write] for write in writes for read in asked)
                assert (vector_faults(places) == []) is legal, places
                judged += 1
    assert judged == 16 * 25 * 4


def test_a_fault_names_both_endpoints_and_the_rule() -> None:
    places = [Place("post", Kind.WRITE, Phase.LEGACY), Place("latest", Kind.READ, Phase.SHADOW)]
    assert vector_faults(places) == [
        "post is in legacy and latest in shadow: reads stay at most in dual while writes go to the source alone (F1)"
    ]
