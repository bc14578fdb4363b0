from __future__ import annotations

import pytest

from bench.figures import figures_of
from bench.rounds import Round


def test_figures_are_medians_over_the_rounds_and_their_ratio() -> None:
    found = figures_of(
        [
            Round(ours=(1.0, 3.0), peer=(4.0, 4.0)),
            Round(ours=(6.0, 6.0), peer=(6.0, 6.0)),
            Round(ours=(3.0, 3.0), peer=(1.0, 3.0)),
        ]
    )

    assert (found.ours, found.peer, found.ratio) == (3.0, 4.0, 0.75)


def test_the_spread_is_over_the_ratios_of_single_rounds() -> None:
    found = figures_of([Round(ours=(ours, ours), peer=(2.0, 2.0)) for ours in (2.0, 4.0, 3.0)])

    # Ratios 1, 2 and 1.5.
    assert found.spread == pytest.approx(1.0 / 1.5)


def test_without_a_peer_the_spread_is_over_ours() -> None:
    found = figures_of([Round(ours=(ours, ours)) for ours in (10.0, 12.0, 15.0)])

    assert (found.ours, found.peer, found.ratio) == (12.0, None, None)
    assert found.spread == pytest.approx(5.0 / 12.0)


def test_the_noise_is_one_half_of_ours_against_the_other() -> None:
    found = figures_of(
        [
            Round(ours=(1.0, 2.0), peer=(9.0, 9.0)),
            Round(ours=(1.2, 1.0), peer=(9.0, 9.0)),
            Round(ours=(1.1, 1.0), peer=(9.0, 9.0)),
        ]
    )

    assert found.aa_ratio == pytest.approx(1.1)


def test_the_ratio_is_that_of_the_figures_as_they_are_written() -> None:
    found = figures_of([Round(ours=(1.00000049, 1.00000049), peer=(3.0, 3.0))])

    assert found.ours == 1.0
    assert found.ratio == 1.0 / 3.0


def test_rounds_with_and_without_a_peer_do_not_mix() -> None:
    with pytest.raises(ValueError, match="1 of 2 rounds have a peer"):
        figures_of([Round(ours=(1.0, 1.0)), Round(ours=(1.0, 1.0), peer=(1.0, 1.0))])
