"""`manage.py census`: what it prints, what it exits with, and how an interrupted run goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from migration.backfill import scanning
from migration.census import answers, working
from migration.enums import RunState
from migration.management import waiting
from migration.models import AuditEvent, Run
from tests.migration import broker as brokers
from tests.migration.bed import Bed, comment, run
from tests.migration.census.surveying import item

INLINE = ("census", "run", "--inline")


@pytest.fixture
def seeded(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Bed:
    """Twenty comments of two rooms in pages of five, and one item that cannot be mapped."""
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(scanning, "PAGE_ITEMS", 5)
    bed.seed_source(comment(number, name=f"name {number % 3}", room=f"room {number % 2}") for number in range(20))
    bed.put_items([item("ann", "test_time")])
    return bed


def test_a_census_inline_says_how_far_it_is_and_where_to_read_on(seeded: Bed) -> None:
    done = run(*INLINE, "--segments", "2", "--actor", "ann", "--reason", "first look")
    assert (done.code, done.error) == (0, "")
    first, second, last = done.out.strip().splitlines()
    assert first == "Census 1 of dynamodb: done, segments 2 done"
    assert second.startswith("  21 items seen (100 % of the table's statistics), ")
    assert last == "  what it found: `manage.py census report`"
    event = AuditEvent.objects.get()
    assert (event.actor, event.reason) == ("ann", "first look")
    assert seeded.rows() == set()


@pytest.mark.usefixtures("seeded")
def test_status_as_json() -> None:
    run(*INLINE, "--segments", "2")
    found = run("census", "status", "--json").json
    assert found.pop("seconds") > 0
    assert found.pop("rows_per_s") > 0
    assert found == {
        "run": 1,
        "state": "done",
        "error": "",
        "slow_because": "",
        "limits": {"rows_per_second": None, "read_units_per_second": None},
        "read": 21,
        "written": 0,
        "quarantined": 0,
        "skipped": 21,
        "balanced": True,
        "eta_seconds": None,
        "segments": {"pending": 0, "leased": 0, "done": 2, "failed": 0, "cancelled": 0},
    }


@pytest.mark.usefixtures("seeded")
def test_the_report_as_text_and_as_json() -> None:
    run(*INLINE)
    text = run("census", "report").out
    assert "  21 items, " in text
    assert " bytes, 2 rooms, 4 users" in text
    assert "  20 can be mapped, 1 cannot" in text
    assert "  time_not_a_number: 1\n    'ann' at 'test_time': " in text
    assert "Advice: SCYLLA_SCHEMA=room: the largest rooms have 10 rows and 0.0 MB" in text
    assert "not answered: `manage.py census answer foreign-writers --says ...`" in text
    found = run("census", "report", "--json").json
    assert (found["items"], found["rooms"]["count"], found["complete"]) == (21, 2, True)
    assert [one["answer"] for one in found["questions"]] == [None, None]


@pytest.mark.usefixtures("seeded")
def test_a_report_at_another_price() -> None:
    run(*INLINE)
    at_list, at_another = (
        run("census", "report", *more, "--json").json["estimate"] for more in ((), ("--price", "1000000"))
    )
    assert at_list["dollars_per_million_units"] == 0.125
    assert at_another["dollars"] == at_list["read_units"] > 0


@pytest.mark.parametrize("words", ["-1", "nan", "inf", "much"])
def test_a_price_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(CommandError, match="is not a price in dollars for a million read units"):
        call_command("census", "report", "--price", words)


@pytest.mark.usefixtures("seeded")
def test_interrupted_it_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at, pages = working.Look.at, []

    def interrupted(look: working.Look, page: Any) -> None:
        pages.append(page)
        if len(pages) == 3:
            raise KeyboardInterrupt
        look_at(look, page)

    with monkeypatch.context() as patch:
        patch.setattr(working.Look, "at", interrupted)
        first = run(*INLINE, "--segments", "1")
    assert (first.code, first.error) == (4, "interrupted; go on with `manage.py census resume`")
    half = run("census", "report", "--json").json
    assert (half["complete"], half["items"]) == (False, 10)
    assert "NOT FINISHED" in run("census", "report").out
    assert run("census", "resume", "--inline").code == 0
    assert run("census", "report", "--json").json["items"] == 21


@pytest.mark.usefixtures("seeded")
def test_a_pause_stops_it_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at, pages = working.Look.at, []

    def paused(look: working.Look, page: Any) -> None:
        pages.append(page)
        if len(pages) == 2:
            assert run("census", "pause", "--reason", "busy hour", "--actor", "ben").code == 0
        look_at(look, page)

    monkeypatch.setattr(working.Look, "at", paused)
    stopped = run(*INLINE, "--segments", "1")
    assert (stopped.code, stopped.error) == (4, "paused by ben; go on with `manage.py census resume 1`")
    assert Run.objects.get().segments.get().read == 10
    assert "slow" not in run("census", "resume", "--inline").out
    assert Run.objects.get().state == RunState.DONE


@pytest.mark.usefixtures("seeded")
def test_a_cancelled_one_says_how_far_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    with brokers.broker():
        monkeypatch.setattr("migration.management.runcommand.check_workers", lambda kind: None)
        assert run("census", "run").code == 0
        done = run("census", "cancel", "1", "--actor", "ben")
    assert "cancelled by ben: read 0 = written 0 + quarantined 0 + skipped 0 until then" in done.out


@pytest.mark.usefixtures("seeded")
def test_without_a_worker_it_names_the_queue_and_inline() -> None:
    with brokers.broker():
        refused = run("census", "run")
    assert refused.code == 3
    assert "no worker listens on the queue 'census'" in refused.error
    assert "--inline" in refused.error
    assert not Run.objects.exists()


@pytest.mark.usefixtures("seeded")
def test_a_limit_goes_to_the_run() -> None:
    done = run(*INLINE, "--rows-per-second", "5000", "--read-units", "900", "--json").json
    assert done["limits"] == {"rows_per_second": 5000, "read_units_per_second": 900}


@pytest.mark.usefixtures("bed")
def test_without_a_census_it_names_the_command() -> None:
    refused = run("census", "report")
    assert (refused.code, refused.error) == (1, "there is no census yet: `manage.py census run`")
    assert run("census", "status", "7").error == "there is no census run 7"


@pytest.mark.usefixtures("bed")
def test_an_answer_is_recorded_and_shown() -> None:
    done = run("census", "answer", "foreign-writers", "--says", "keys revoked", "--actor", "ann")
    assert done.code == 0
    assert "foreign-writers: no program outside this deployment writes into the source any more" in done.out
    assert ": keys revoked" in done.out
    denied = run("census", "answer", "foreign-writers", "--no", "--says", "a cron job", "--actor", "ben", "--json")
    assert [(one["answer"] or {}).get("holds") for one in denied.json["questions"]] == [False, None]


@pytest.mark.usefixtures("bed")
def test_a_promise_that_the_table_contradicts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the table expired items: see tests/migration/census/test_answers.py."""
    monkeypatch.setattr(answers, "survey", lambda: {"ttl": {"enabled": True, "attribute": "ttl"}})
    refused = run("census", "answer", "immutable", "--says", "sure")
    assert refused.code == 1
    assert refused.error.startswith("refused, nothing was recorded: the table deletes items by itself")


@pytest.mark.parametrize("words", [("foreign-writers",), ("foreign-writers", "--says", " "), ("moon", "--says", "x")])
def test_an_answer_without_words_or_to_no_question_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("census", "answer", *words)


@pytest.mark.usefixtures("seeded")
def test_a_second_one_meanwhile_is_refused() -> None:
    Run.objects.create(kind="census", source="dynamodb", target="scylla-room", epoch=1)
    refused = run(*INLINE)
    assert refused.code == 1
    assert refused.error.startswith("refused, nothing was started: a census is running")
