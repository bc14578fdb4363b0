from collections.abc import Callable
from typing import Any

import pytest

from migration.rehearsal.checker.facts import Facts
from migration.rehearsal.checker.findings import Findings
from migration.rehearsal.checker.survey import take_survey
from migration.rehearsal.checker.verification import verify_facts
from tests.migration.rehearsal.finished_run import (
    MAPPABLE,
    QUARANTINED,
    QUARANTINED_DEFAULTS,
    good_facts,
    plain_item,
)

ITEMS = [plain_item(*row[:4]) for row in MAPPABLE] + [
    {name: value for name, value in {**QUARANTINED_DEFAULTS, **item}.items() if value} for _, item in QUARANTINED
]


def reasons(facts: dict[str, Any]) -> list[str]:
    findings = Findings()
    verify_facts(Facts(facts), take_survey(ITEMS), findings)
    return findings.reasons()


def refuse_cutover(facts: dict[str, Any]) -> None:
    facts["transitions"][1]["outcome"] = "refused"


def fail_guard(facts: dict[str, Any]) -> None:
    facts["transitions"][1]["guards"] = [{"name": "parity", "ok": False, "reason": "stale"}]


def name_other_authority(facts: dict[str, Any]) -> None:
    facts["authority"] = "dynamodb"


def test_good_facts_hold() -> None:
    assert reasons(good_facts()) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda facts: facts["backfill"].update(skipped=1),
            "backfill read 13, but written + quarantined + skipped are 14",
        ),
        (
            lambda facts: facts["backfill"].update(written=7, quarantined=6),
            "backfill quarantined 6 items, the survey 7",
        ),
        (
            lambda facts: facts["backfill"].update(read=12, written=5),
            "backfill read 12 items, the survey found 13 before it",
        ),
        (lambda facts: facts.update(backfill=None), "no backfill is recorded"),
        (lambda facts: facts.update(parity=[]), "no parity run is recorded"),
        (lambda facts: facts.update(steps=[]), "no step is recorded"),
        (
            lambda facts: facts["parity"][0].update(digest_target="d2"),
            "parity before the write cutover: the digests of source and target differ",
        ),
        (lambda facts: facts["parity"][0].update(missing=2), "parity before the write cutover: 2 missing"),
        (
            lambda facts: facts["steps"][0].update(ok=False, detail="no worker"),
            "step 'backfill' failed: no worker",
        ),
        (refuse_cutover, "post_comment dual -> cutover ended refused and was never done"),
        (fail_guard, "post_comment dual -> cutover was done although guard parity said: stale"),
        (name_other_authority, "authority is dynamodb, the writes moved to scylla"),
    ],
)
def test_a_figure_that_does_not_hold_is_named(change: Callable[[dict[str, Any]], None], reason: str) -> None:
    facts = good_facts()
    change(facts)

    assert reasons(facts) == [f"facts: {reason}"]


def test_no_transition_at_all_is_an_offence() -> None:
    facts = good_facts()
    facts["transitions"] = []

    assert reasons(facts) == ["facts: no transition is recorded"]


def test_a_refusal_is_fine_once_the_same_move_is_done_later() -> None:
    facts = good_facts()
    refused = {**facts["transitions"][1], "outcome": "refused"}
    facts["transitions"].insert(1, refused)

    assert reasons(facts) == []
