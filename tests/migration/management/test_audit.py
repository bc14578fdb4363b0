"""`manage.py audit`: exit 0 for a sound chain, 1 for a broken one, and every event as a line of JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from migration.management.commands.audit import moment
from migration.models import AuditEvent, AuditHead, Rollout
from tests.migration.audit.tampering import change, record_many, remove
from tests.migration.bed import run
from tests.migration.vectors import rollout

__all__ = ["rollout"]


@pytest.fixture
def ids(rollout: Rollout) -> list[int]:
    return record_many(3)


def test_a_sound_chain_exits_0_and_gives_the_digest_to_note(ids: list[int]) -> None:
    digest = AuditHead.objects.get().digest
    done = run("audit", "verify")
    assert (done.code, done.error) == (0, "")
    assert done.out == f"3 audit events, each follows the one before it. Note this elsewhere: {digest}\n"


def test_the_same_as_json(ids: list[int]) -> None:
    digest = AuditHead.objects.get().digest
    assert run("audit", "verify", "--json").json == {
        "ok": True,
        "events": 3,
        "digest": digest,
        "broken": None,
        "noted": None,
    }


def test_a_broken_chain_exits_1_and_names_the_first_broken_event(ids: list[int]) -> None:
    change(ids[1], reason="another")
    done = run("audit", "verify")
    assert (done.code, done.error) == (1, "the audit chain is broken: its fields do not give its digest")
    assert done.out == (
        f"1 audit events are sound. First fault at event {ids[1]}: changed: its fields do not give its digest\n"
    )


def test_a_cut_tail_as_json(ids: list[int]) -> None:
    remove(ids[2])
    done = run("audit", "verify", "--json")
    assert done.code == 1
    assert done.json["broken"] == {
        "damage": "cut",
        "event": None,
        "reason": "the head counts 3 events, but only 2 are there",
    }


def test_progress_goes_to_standard_error(ids: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    run("audit", "verify")
    assert "3 of 3 audit events" in capsys.readouterr().err


def test_a_digest_noted_before_is_in_the_chain(ids: list[int]) -> None:
    noted = AuditEvent.objects.get(pk=ids[0]).digest
    done = run("audit", "verify", "--noted", str(noted), "--json")
    assert (done.code, done.json["noted"]) == (0, True)


def test_a_chain_made_anew_does_not_hold_the_noted_digest(ids: list[int]) -> None:
    done = run("audit", "verify", "--noted", "0" * 64, "--json")
    assert (done.code, done.json["ok"], done.json["noted"]) == (1, True, False)
    assert done.error == f"{'0' * 64} is not in the chain: this is not the chain it was noted of"


def test_each_event_is_a_line_that_holds_all_of_it(ids: list[int]) -> None:
    done = run("audit", "export")
    lines = [json.loads(line) for line in done.out.splitlines()]
    event = AuditEvent.objects.get(pk=ids[2])
    assert [line["id"] for line in lines] == ids
    assert lines[2] == {
        "id": ids[2],
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": "ada",
        "action": "test",
        "subject": "s2",
        "reason": "",
        "before": {},
        "after": {},
        "previous": lines[1]["digest"],
        "digest": event.digest,
    }
    assert run("audit", "export", "--json").out == run("audit", "export", "--format", "jsonl").out == done.out


def test_only_from_a_time_on(ids: list[int]) -> None:
    event = AuditEvent.objects.get(pk=ids[1])
    lines = run("audit", "export", "--since", event.at.isoformat()).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids[1:]
    assert run("audit", "export", "--since", "2999-01-01").out == ""


def test_a_time_without_an_offset_is_utc() -> None:
    assert moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment("2026-01-31T13:00:00+02:00") == datetime(2026, 1, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "--since", "yesterday"), "'yesterday' is no time"),
        (("verify", "--noted", "abc"), "'abc' is no digest"),
    ],
)
def test_bad_input_is_named(ids: list[int], words: tuple[str, ...], told: str) -> None:
    done = run("audit", *words)
    assert told in done.error
