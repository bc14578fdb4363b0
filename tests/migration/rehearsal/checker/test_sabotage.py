import time

import pytest

from migration.rehearsal.checker.sabotage import SABOTAGES
from tests.migration.rehearsal.checker.records import EPOCH, canonical_text
from tests.migration.rehearsal.finished_run import Stage

# The middle one of the eleven posts with a text: p0 to p11 without the empty p3.
VICTIM = f'("ana", {canonical_text(6)})'
LATER = f'("ana", {EPOCH + 8}.000007)'
DONE = {
    "drop": "was deleted",
    "alter": "was given another text",
    "duplicate": f"was repeated at {EPOCH + 8}.000007",
    "late": f"was moved to {EPOCH + 8}.000007",
    "wrong-room": "was moved to room elsewhere",
    "wrong-authority": "was left only in dynamodb",
}
ABSENT = f"lost: {VICTIM} acknowledged as p6, is absent from scylla, the final authority"
REASONS = {
    "drop": [ABSENT],
    "alter": [f"lost: {VICTIM} is in scylla with a different text"],
    "duplicate": [f"duplicated: {VICTIM} is in scylla again, at {LATER}"],
    "late": [ABSENT, f"moved: {VICTIM} was answered, scylla has its text at {LATER}"],
    "wrong-room": [f"lost: {VICTIM} is in scylla in room 'elsewhere' instead of 'chat'"],
    "wrong-authority": [ABSENT],
}


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_each_sabotage_turns_the_verdict_and_names_the_key(stage: Stage, name: str) -> None:
    code, report = stage.check("--sabotage", name)

    assert (code, report["verdict"], report["verdict_reasons"]) == (1, "fail", REASONS[name])
    figures = (report["traffic"]["lost"], report["traffic"]["duplicated"])
    assert figures == ((0, 1) if name == "duplicate" else (1, 0))
    assert stage.errors.strip() == f"sabotage {name}: {VICTIM} in scylla {DONE[name]}"
    # It was the rows that were damaged, not the report: a second look without sabotage finds the same.
    assert stage.check()[1]["verdict_reasons"] == REASONS[name]


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_damage_is_found_where_dynamodb_decides_too(stage: Stage, name: str) -> None:
    stage.facts["transitions"] = stage.facts["transitions"][:1]
    code, report = stage.check("--sabotage", name)

    assert (code, report["verdict_reasons"]) == (
        1,
        [reason.replace("scylla", "dynamodb") for reason in REASONS[name]],
    )


def test_wrong_authority_is_found_where_the_other_store_had_nothing(stage: Stage) -> None:
    stage.facts["mirrored_until"] = EPOCH - 60
    for number in range(12):
        stage.stores.dynamodb.delete_item(
            TableName=stage.stores.table, Key={"name": {"S": "ana"}, "time": {"S": canonical_text(number)}}
        )
    assert stage.check()[0] == 0
    code, report = stage.check("--sabotage", "wrong-authority")

    assert stage.stores.get_item("ana", canonical_text(6)) is not None
    assert (code, report["verdict_reasons"]) == (
        1,
        [f"written to a retired store: {VICTIM} in dynamodb", ABSENT],
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DYNAMODB_ENDPOINT_URL", "http://10.0.0.1:8000"),
        ("DYNAMODB_ENDPOINT_URL", ""),
        ("SCYLLA_CONTACT_POINTS", "127.0.0.1,10.0.0.1"),
    ],
)
def test_stores_on_another_machine_are_never_damaged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    before = stage.stores.rows()
    monkeypatch.setenv(variable, value)
    began = time.monotonic()
    code, report = stage.check("--sabotage", "drop")

    assert (code, report) == (2, {})
    assert "is not a loopback address" in stage.errors
    # Refused at once: nothing even tried to connect, which would have taken its time-out.
    assert time.monotonic() - began < 2
    assert stage.stores.rows() == before


def test_there_must_be_something_to_damage(stage: Stage) -> None:
    stage.records = [record for record in stage.records if record["kind"] not in ("intent", "outcome")]
    code, report = stage.check("--sabotage", "drop")

    assert (code, report) == (2, {})
    assert "nothing to damage" in stage.errors
