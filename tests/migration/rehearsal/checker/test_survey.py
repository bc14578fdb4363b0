import json
from pathlib import Path

import pytest

from migration.rehearsal.checker.addresses import DynamoAddress
from migration.rehearsal.checker.dynamodb import DynamoTable
from migration.rehearsal.checker.errors import EvidenceInvalid
from migration.rehearsal.checker.rows import Key
from migration.rehearsal.checker.survey import Survey, load_survey, take_survey, write_survey
from tests.migration.rehearsal.finished_run import MAPPABLE, QUARANTINED, REASONS, plain_item, seed_table
from tests.migration.rehearsal.stores import RealStores


def survey_of(*keys: tuple[str, str, str]) -> Survey:
    return take_survey(plain_item(room, name, time, "text") for room, name, time in keys)


def reasons(survey: Survey) -> dict[Key, str | None]:
    return {entry.key: entry.reason for entry in survey.entries}


def test_counts_a_real_table_with_every_reason(stores: RealStores) -> None:
    seed_table(stores)
    survey = take_survey(DynamoTable(DynamoAddress(stores.environ["DYNAMODB_ENDPOINT_URL"], stores.table)).items())

    assert (len(survey.entries), survey.mappable) == (len(MAPPABLE) + len(QUARANTINED), len(MAPPABLE))
    assert survey.quarantined == REASONS


def test_of_several_spellings_the_first_in_text_order_is_mapped() -> None:
    survey = survey_of(("r", "a", "1.00"), ("r", "a", "1.0"), ("r", "a", "1"), ("r", "a", "1.5"))

    assert reasons(survey) == {
        Key("a", "1"): None,
        Key("a", "1.0"): "key_collision",
        Key("a", "1.00"): "key_collision",
        Key("a", "1.5"): None,
    }


def test_spellings_of_other_rooms_or_names_do_not_collide() -> None:
    survey = survey_of(("r", "a", "1.5"), ("s", "a", "1.50"), ("r", "b", "1.50"))

    assert set(reasons(survey).values()) == {None}


def test_an_unmappable_item_takes_no_place() -> None:
    first = {**plain_item("r", "a", "1.5", "text"), "likes": {"N": "1"}}
    survey = take_survey([first, plain_item("r", "a", "1.50", "text")])

    assert reasons(survey) == {Key("a", "1.5"): "unknown_attribute", Key("a", "1.50"): None}


def test_a_written_survey_is_read_back_whole(tmp_path: Path) -> None:
    survey = survey_of(("r", "a\n\u2028🦊", "1.5"), ("r", "\ud800", "1.5"), ("r", "a", "x"))
    write_survey(survey, tmp_path / "before.json")

    head = json.loads((tmp_path / "before.json").read_text())
    assert load_survey(tmp_path / "before.json") == survey
    assert head == {
        "items": 3,
        "mappable": 1,
        "quarantined": {"text_unstorable": 1, "time_not_a_number": 1},
        "digest": survey.digest,
        "list": "before.items.jsonl",
    }


def test_a_list_that_lost_an_item_is_refused(tmp_path: Path) -> None:
    write_survey(survey_of(("r", "a", "1.5"), ("r", "b", "1.5")), tmp_path / "before.json")
    listing = tmp_path / "before.items.jsonl"
    listing.write_text(listing.read_text().splitlines()[0] + "\n")

    with pytest.raises(EvidenceInvalid, match="do not belong together"):
        load_survey(tmp_path / "before.json")


def test_a_survey_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceInvalid, match=r"cannot read .*before\.json"):
        load_survey(tmp_path / "before.json")
