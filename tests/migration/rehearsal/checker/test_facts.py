import json
from pathlib import Path
from typing import Any

import pytest

from migration.rehearsal.checker.errors import EvidenceInvalid
from migration.rehearsal.checker.facts import Facts, load_facts
from tests.migration.rehearsal.finished_run import good_facts


def load(tmp_path: Path, facts: dict[str, Any]) -> Facts:
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    return load_facts(tmp_path / "facts.json")


def test_good_facts_are_taken_as_they_are(tmp_path: Path) -> None:
    facts = good_facts()

    assert load(tmp_path, facts).document == facts


@pytest.mark.parametrize(
    ("moves", "authority"),
    [(0, "dynamodb"), (1, "dynamodb"), (2, "scylla"), (3, "scylla")],
    ids=["legacy", "dual", "cutover", "decommission"],
)
def test_the_moves_of_the_write_endpoint_say_who_decides(tmp_path: Path, moves: int, authority: str) -> None:
    facts = good_facts()
    facts["transitions"] = facts["transitions"][:moves]

    assert load(tmp_path, facts).authority == authority


def test_going_back_gives_the_decision_back(tmp_path: Path) -> None:
    facts = good_facts()
    facts["transitions"] = [
        *facts["transitions"][:2],
        {**facts["transitions"][1], "from": "cutover", "to": "dual"},
    ]

    assert load(tmp_path, facts).authority == "dynamodb"


def test_a_last_move_that_is_not_done_leaves_the_decision_to_be_named(tmp_path: Path) -> None:
    facts = good_facts()
    facts["transitions"][-1]["outcome"] = "rolled_back"
    with pytest.raises(EvidenceInvalid, match="`authority` must be named"):
        load(tmp_path, facts)

    facts["authority"] = "scylla"
    assert load(tmp_path, facts).authority == "scylla"


@pytest.mark.parametrize(
    ("path", "value", "offence"),
    [
        (("seconds",), "60", "seconds is '60', must be int or float"),
        (("seconds",), True, "seconds is True, must be int or float"),
        (("surprise",), 1, "missing or not known: surprise"),
        (("backfill", "read"), 1.5, "backfill.read is 1.5, must be int"),
        (("parity", 0, "digest_source"), None, r"parity\[0\].digest_source is None, must be str"),
        (("steps", 0, "ok"), 1, r"steps\[0\].ok is 1, must be bool"),
        (("drills", 0), [], r"drills\[0\] is not an object"),
        (("transitions", 1, "outcome"), "fine", r"transitions\[1\].outcome is 'fine', must be one of done"),
        (
            ("transitions", 1, "guards", 0, "ok"),
            "yes",
            r"transitions\[1\].guards\[0\].ok is 'yes', must be bool",
        ),
        (("authority",), "alternator", "authority is 'alternator', must be one of scylla, dynamodb"),
        (("mirrored_until",), "noon", "mirrored_until is 'noon', must be int or float or null"),
    ],
)
def test_a_field_of_the_wrong_form_is_named(
    tmp_path: Path, path: tuple[str | int, ...], value: object, offence: str
) -> None:
    facts: Any = good_facts()
    place = facts
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value

    with pytest.raises(EvidenceInvalid, match=offence):
        load(tmp_path, facts)


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    facts = good_facts()
    del facts["steps"][0]["detail"]

    with pytest.raises(EvidenceInvalid, match=r"steps\[0\]: fields missing or not known: detail"):
        load(tmp_path, facts)
