from typing import Any

import pytest

from migration.rehearsal.checker.__main__ import main
from tests.migration.rehearsal.checker.records import EPOCH, canonical_text, intent, outcome
from tests.migration.rehearsal.finished_run import MAPPABLE, QUARANTINED, REASONS, Stage, plain_item


def test_a_clean_run_passes_and_reports_every_figure(stage: Stage) -> None:
    stage.marks = [{"at": EPOCH + 5, "name": "moves-begin"}]
    code, report = stage.check()

    assert (code, report["verdict"], report["verdict_reasons"]) == (0, "pass", [])
    assert report["table"] == {
        "items": len(MAPPABLE) + len(QUARANTINED),
        "mappable": len(MAPPABLE),
        "quarantined": REASONS,
    }
    assert report["traffic"] == {
        "requests": 14,
        "acknowledged": 12,
        "failed": 0,
        "lost": 0,
        "duplicated": 0,
        "missed_by_pollers": {"v1": 0, "legacy": 0, "baseline": 0},
        "p50_ms": 5.0,
        "p95_ms": 5.0,
        "p99_ms": 5.0,
        "longest_gap_ms": 10.0,
    }
    copied = ("seconds", "engines", "commit", "seed", "backfill", "parity", "steps", "transitions")
    assert {name: report[name] for name in copied} == {name: stage.facts[name] for name in copied}
    drill = {"endpoint": "latest_comments", "from": "cutover", "to": "shadow", "seconds": 2.0}
    assert report["drills"] == [{**drill, "failed": 0, "lost": 0}]
    assert set(report) == {*copied, "drills", "verdict", "verdict_reasons", "table", "traffic"}


def test_the_verdict_is_shown_on_one_screen(stage: Stage) -> None:
    stage.check()

    lines = stage.output.splitlines()
    assert lines[-1] == "verdict    PASS"
    assert lines[1] == "traffic    requests 14  acknowledged 12  failed 0  lost 0  duplicated 0"
    assert len(lines) <= 24


def test_sections_of_later_runs_are_passed_on(stage: Stage) -> None:
    stage.facts["kills_survived"] = 7
    code, report = stage.check()

    assert (code, report["kills_survived"]) == (0, 7)


@pytest.mark.parametrize("answer", [{"status": 503, "error": "status 503"}, {"status": None, "error": "reset"}])
def test_one_failed_post_fails_the_run(stage: Stage, answer: dict[str, Any]) -> None:
    stage.records[-1:-1] = [intent("bad", at=20), outcome("bad", at=20.1, **answer)]
    code, report = stage.check()

    assert (code, report["traffic"]["failed"], report["traffic"]["lost"]) == (1, 1, 0)
    assert report["verdict_reasons"] == [f"failed: post bad of 'ana': {answer['error']}"]


def test_one_failed_read_fails_the_run(stage: Stage) -> None:
    read = next(record for record in stage.records if record["kind"] == "read")
    broken = {**read, "error": "'b' at 1 is listed before 'a' at 2"}
    stage.records.insert(-1, broken)
    code, report = stage.check()

    assert (code, report["traffic"]["failed"]) == (1, 1)
    assert report["verdict_reasons"] == [
        "failed: read legacy-0 /chat/comments/latest/1: 'b' at 1 is listed before 'a' at 2"
    ]


@pytest.mark.parametrize("store", ["dynamodb", "scylla"])
def test_a_row_nobody_posted_fails_the_run_and_is_named(stage: Stage, store: str) -> None:
    if store == "dynamodb":
        stage.stores.put_item(plain_item("chat", "stranger", "1790000000.25", "?"))
    else:
        stage.stores.put_row("chat", 1_790_000_000_250_000, "stranger", "?")
    code, report = stage.check()

    assert (code, report["traffic"]["lost"], report["traffic"]["duplicated"]) == (1, 0, 0)
    assert report["verdict_reasons"] == [
        f"unexplained: (\"stranger\", 1790000000.25) in {store} room 'chat': not surveyed, not posted"
    ]


def test_a_surveyed_item_changed_in_either_store_fails_the_run(stage: Stage) -> None:
    stage.stores.put_row("lobby", 1, "千代", "other", None)
    stage.stores.session.execute(  # beside the row's own stamp, so that this one wins
        f"UPDATE {stage.stores.keyspace}.chat_by_room SET comment = 'other' "
        "WHERE chat_room = 'lobby' AND time_us = 1 AND name = '千代'"
    )
    stage.stores.put_item({**plain_item("lobby", "bob", "1.50", "text"), "comment": {"S": "changed"}})
    code, report = stage.check()

    assert code == 1
    assert report["verdict_reasons"] == [
        'changed since the survey: ("bob", 1.50) in dynamodb',
        'changed since the survey: ("千代", 0.000001) in scylla',
    ]


def test_a_surveyed_comment_that_was_not_copied_fails_the_run(stage: Stage) -> None:
    stage.stores.session.execute(
        f"DELETE FROM {stage.stores.keyspace}.chat_by_room "
        "WHERE chat_room = 'lobby' AND time_us = 1000000000000 AND name = 'ada'"
    )
    code, report = stage.check()

    assert (code, report["verdict_reasons"]) == (1, ['surveyed and gone: ("ada", 1000000) in scylla'])


def test_a_quarantined_item_that_was_copied_fails_the_run(stage: Stage) -> None:
    stage.stores.put_row("lobby", 1_700_000_003_000_000, "bob", "text")
    code, report = stage.check()

    assert (code, report["verdict_reasons"]) == (
        1,
        ['quarantined and copied: ("bob", 1700000003.0) (unknown_attribute) is in scylla'],
    )


def test_a_spelling_lost_on_the_way_fails_the_run(stage: Stage) -> None:
    stage.stores.session.execute(
        f"UPDATE {stage.stores.keyspace}.chat_by_room SET time_raw = null "
        "WHERE chat_room = 'lobby' AND time_us = 1000000000000 AND name = 'ada'"
    )
    code, report = stage.check()

    assert code == 1
    assert report["verdict_reasons"] == [
        'surveyed and gone: ("ada", 1000000) in scylla',
        "unexplained: (\"ada\", 1000000.0) in scylla room 'lobby': not surveyed, not posted",
    ]


def test_a_comment_an_overlapping_poller_missed_fails_the_run(stage: Stage) -> None:
    for record in stage.records:
        if record["kind"] == "read":
            record["shown"] = [key for key in record["shown"] if key[1] != canonical_text(7)]
    code, report = stage.check()

    assert (code, report["traffic"]["missed_by_pollers"]) == (1, {"v1": 1, "legacy": 1, "baseline": None})
    assert report["verdict_reasons"] == [
        f'missed: ("ana", {canonical_text(7)}) was never shown by an overlapping poller'
    ]


def test_too_few_acknowledged_posts_fail_the_run(stage: Stage) -> None:
    stage.minimum = 13
    code, report = stage.check()

    assert (code, report["verdict_reasons"]) == (
        1,
        ["traffic: 12 posts acknowledged, at least 13 are asked for"],
    )


def test_a_generator_that_died_fails_the_run(stage: Stage) -> None:
    stage.records.pop()
    code, report = stage.check()

    assert (code, report["verdict_reasons"]) == (
        1,
        ["traffic: the log has no last line: the generator did not end by itself"],
    )


def test_facts_that_do_not_add_up_fail_the_run(stage: Stage) -> None:
    stage.facts["backfill"]["written"] += 1
    code, report = stage.check()

    total = len(MAPPABLE) + len(QUARANTINED)
    reason = f"facts: backfill read {total}, but written + quarantined + skipped are {total + 1}"
    assert (code, report["verdict_reasons"]) == (1, [reason])


def test_after_the_mirror_stopped_the_source_needs_no_more_and_may_hold_no_more(stage: Stage) -> None:
    stage.facts["mirrored_until"] = EPOCH + 6
    for number in (9, 10, 11):
        stage.stores.dynamodb.delete_item(
            TableName=stage.stores.table, Key={"name": {"S": "ana"}, "time": {"S": canonical_text(number)}}
        )
    assert stage.check("--margin", "3.5")[0] == 0

    # A margin of two seconds leaves open what was posted from 4 to 8, and 9 is outside.
    stage.stores.put_item(plain_item("chat", "ana", canonical_text(9), "text of p9"))
    code, report = stage.check("--margin", "2")
    assert (code, report["verdict_reasons"]) == (
        1,
        [f'written to a retired store: ("ana", {canonical_text(9)}) in dynamodb'],
    )


def test_before_the_mirror_stopped_the_source_must_hold_everything(stage: Stage) -> None:
    stage.facts["mirrored_until"] = EPOCH + 20
    stage.stores.dynamodb.delete_item(
        TableName=stage.stores.table, Key={"name": {"S": "ana"}, "time": {"S": canonical_text(2)}}
    )
    code, report = stage.check()

    assert (code, report["traffic"]["lost"]) == (1, 1)
    where = "absent from dynamodb, live when it was posted"
    assert report["verdict_reasons"] == [f'lost: ("ana", {canonical_text(2)}) acknowledged as p2, is {where}']


def test_an_older_report_never_outlives_a_check_that_could_not_judge(stage: Stage) -> None:
    assert stage.check()[0] == 0
    stage.facts.pop("parity")
    code, report = stage.check()

    assert (code, report) == (2, {})
    assert "fields missing or not known: parity" in stage.errors


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("DYNAMODB_ENDPOINT_URL", "http://127.0.0.1:1", "DynamoDB table"),
        ("DYNAMODB_TABLE", "nowhere", "DynamoDB table nowhere"),
        ("SCYLLA_PORT", "1", "CQL table"),
        ("KEYSPACE", "nowhere", "CQL table nowhere.chat_by_room"),
    ],
)
def test_a_store_that_cannot_be_reached_is_exit_code_3_and_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, report = stage.check()

    assert (code, report) == (3, {})
    assert named in stage.errors
    assert "python -m devstack status" in stage.errors


def test_bad_arguments_are_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--sabotage", "set-fire"])

    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_survey_prints_what_it_found(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["survey", "--out", str(stage.home / "again.json")])

    mappable, quarantined = len(MAPPABLE) + 12, len(QUARANTINED)
    printed = f"{mappable + quarantined} items, {mappable} mappable, quarantined: {REASONS}\n"
    assert (code, capsys.readouterr().out) == (0, printed)
