from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.claim import Case, Claim, Run
from bench.result import as_json, write
from bench.rounds import Round

SLOW = Case("slow", [Round(ours=(4.0, 4.0), peer=(2.0, 2.0))])
FAST = Case("fast", [Round(ours=(3.0, 3.0), peer=(3.0, 3.0))] * 2)


def claim(*, more_is_better: bool = False, what_peer: str | None = "the same, bare") -> Claim:
    def nothing(run: Run) -> Iterator[Case]:
        yield from ()

    return Claim(
        name="some_claim",
        statistic="median",
        unit="ms",
        what_ours="ours",
        what_peer=what_peer,
        engines=frozenset(),
        measure=nothing,
        more_is_better=more_is_better,
    )


def document(*cases: Case, **options: Any) -> dict[str, Any]:
    return as_json(claim(**options), cases, command="python -m bench some_claim", versions={"python": "3.11"})


def test_a_result_has_the_keys_others_rely_on() -> None:
    assert document(SLOW) == {
        "name": "some_claim",
        "statistic": "median",
        "ours": 4.0,
        "peer": 2.0,
        "unit": "ms",
        "ratio": 2.0,
        "samples": [{"case": "slow", "ours": [4.0, 4.0], "peer": [2.0, 2.0]}],
        "rounds": 1,
        "spread": 0.0,
        "aa_ratio": 1.0,
        "what_ours": "ours",
        "what_peer": "the same, bare",
        "command": "python -m bench some_claim",
        "versions": {"python": "3.11"},
    }


def test_of_several_cases_the_worst_speaks_and_all_are_kept() -> None:
    found = document(FAST, SLOW)

    assert (found["ratio"], found["rounds"], found["what_ours"]) == (2.0, 1, "ours (slow)")
    assert [sample["case"] for sample in found["samples"]] == ["fast", "fast", "slow"]


def test_where_more_is_better_the_worst_is_the_lowest() -> None:
    assert document(FAST, SLOW, more_is_better=True)["ratio"] == 1.0


def test_without_a_peer_the_worst_is_told_by_ours() -> None:
    cases = [Case(str(ours), [Round(ours=(ours, ours))]) for ours in (5.0, 7.0, 6.0)]

    found = document(*cases, what_peer=None)

    assert (found["ours"], found["peer"], found["ratio"], found["what_peer"]) == (7.0, None, None, None)
    assert found["samples"][0] == {"case": "5.0", "ours": [5.0, 5.0], "peer": None}


def test_a_result_is_written_under_its_name_in_place_of_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "results"

    for ours in (1.0, 2.0):
        path = write(document(Case("one", [Round(ours=(ours, ours), peer=(1.0, 1.0))])), folder)

    assert path == folder / "some_claim.json"
    assert json.loads(path.read_text(encoding="utf-8"))["ours"] == 2.0
    assert list(folder.iterdir()) == [path]
