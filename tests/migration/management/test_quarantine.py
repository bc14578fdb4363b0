"""`manage.py quarantine`: an operator works through what cannot be mapped, item by item or reason by reason."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from chat.data import Comment
from migration.models import QuarantinedItem, Rollout
from tests.migration.bed import Bed, run
from tests.migration.quarantine.kept import events, item, keep
from tests.serving import free_port

AT = 1_700_000_001_500_000
WHY = ("--reason", "looked at", "--actor", "ada")


def test_an_empty_quarantine(control: Path) -> None:
    shown = run("quarantine", "list")
    assert (shown.code, shown.out) == (0, "Nothing is in quarantine.\n")
    assert run("quarantine", "list", "--json").json == {"found": 0, "counts": [], "items": []}
    assert run("quarantine", "export").out == ""


def test_list_counts_by_reason_and_shows_what_was_asked_for(control: Path) -> None:
    keep(item("a\x1b[2J", time="x"), item("b", time="y" * 70), item("c", likes={"N": "1"}))
    run("quarantine", "waive", "c@1700000001.5", *WHY)
    lines = run("quarantine", "list", "--code", "time_not_a_number", "--state", "open").out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["CODE", "STATE", "ITEMS"],
        ["time_not_a_number", "open", "2"],
        ["unknown_attribute", "waived", "1"],
    ]
    assert lines[5].split()[:5] == ["1", "open", "time_not_a_number", "a\\x1b[2J", "x"]
    assert lines[6].split()[:5] == ["2", "open", "time_not_a_number", "b", f"{'y' * 57}..."]
    assert len(lines) == 7
    assert run("quarantine", "list", "--state", "fixed").out.splitlines()[4] == "No item is like that."


def test_list_says_how_many_more_there_are(control: Path) -> None:
    keep(*(item("a", time=f"x{number}") for number in range(103)))
    data = run("quarantine", "list", "--json").json
    assert (data["found"], len(data["items"])) == (103, 100)
    assert run("quarantine", "list", "--limit", "2").out.endswith(
        "\n101 more are not shown: `--limit`, or `quarantine export`.\n"
    )


def test_show_gives_the_whole_item(control: Path) -> None:
    (row,) = keep(item(likes={"N": "3"}, comment={"S": "\x1b[2J"}))
    whole = run("quarantine", "show", "ann@1700000001.5", "--json").json
    assert whole["item"] == item(likes={"N": "3"}, comment={"S": "\x1b[2J"})
    shown = {name: whole[name] for name in ("id", "key", "state", "code", "name", "time", "fixed", "by", "settled")}
    assert shown == {
        **{"id": 1, "key": row.key, "state": "open", "code": "unknown_attribute", "name": "ann"},
        **{"time": "1700000001.5", "fixed": None, "by": "", "settled": None},
    }
    text = run("quarantine", "show", "1").out
    assert f"Item 1 ({row.key}): open\n" in text
    assert "no column for 'likes'" in text
    assert "\x1b" not in text


def test_fix_with_a_value_that_is_set(bed: Bed) -> None:
    keep(item(time="test_time"))
    done = run("quarantine", "fix", "1", "--set", "time=1700000001.5", "--set", "text=a=b", *WHY, "--json")
    assert (done.code, done.json["failed"]) == (0, [])
    (fixed,) = done.json["fixed"]
    assert fixed["fixed"] == {"room": "chat", "name": "ann", "time": "1700000001.5", "text": "a=b"}
    assert (fixed["state"], fixed["by"], fixed["reason"]) == ("fixed", "ada", "looked at")
    assert bed.rows() == {Comment("chat", "ann", AT, "a=b")}
    assert "  written   'a=b' by 'ann' at 1700000001.5 in 'chat'\n" in run("quarantine", "show", "1").out


def test_fix_names_who_is_logged_in(bed: Bed) -> None:
    keep(item(time="test_time"))
    run("quarantine", "fix", "1", "--set", "time=1700000001.5", "--reason", "known")
    assert {event.actor for event in events()} == {getpass.getuser()}


def test_fix_a_whole_reason_says_which_could_not_be(bed: Bed) -> None:
    bed.target.upsert(Comment("chat", "bob", AT, "there already"))
    keep(item("ann", ttl={"N": "1"}), item("bob", ttl={"N": "1"}), item("cid", ttl={"N": "1"}, likes={"N": "1"}))
    rule = ("--accept", "ignore-unknown-attribute:ttl")
    done = run("quarantine", "fix", "--code", "unknown_attribute", *rule, *WHY)
    assert done.code == 1
    assert done.out.endswith("\n\n1 fixed, 2 not.\n")
    assert "2: scylla-room has a comment of its own by 'bob'" in done.error
    assert "3: item 3 cannot be written like that: unknown_attribute (likes): no column for 'likes'" in done.error
    assert list(QuarantinedItem.objects.order_by("pk").values_list("state", flat=True)) == ["fixed", "open", "open"]


def test_fix_says_which_engine_is_away(bed: Bed) -> None:
    keep(item(time="test_time"))
    away = f"http://127.0.0.1:{free_port()}"
    done = bed.manage(
        *("quarantine", "fix", "1", "--set", "time=1700000001.5", "--reason", "known"), DYNAMODB_ENDPOINT_URL=away
    )
    assert done.code == 3
    assert f"dynamodb cannot be reached at {away}" in done.error
    assert (QuarantinedItem.objects.get().state, events()) == ("open", [])


def test_waive_by_key_or_by_reason(control: Path) -> None:
    keep(*(item(name, time="x") for name in "abc"), item("d", likes={"N": "1"}))
    done = run("quarantine", "waive", "1", "b@x", *WHY)
    assert (done.code, done.out) == (0, "2 left behind by ada.\n")
    done = run("quarantine", "waive", "--code", "time_not_a_number", *WHY, "--json")
    assert done.json == {"waived": 1, "by": "ada", "reason": "looked at"}
    again = run("quarantine", "waive", "1", *WHY)
    assert (again.code, again.error) == (1, "refused, nothing has changed: item 1 is waived already, by ada")


def test_an_item_that_was_opened_again_says_so(control: Path) -> None:
    keep(item(time="x"))
    run("quarantine", "waive", "1", *WHY)
    assert "  waived 20" in run("quarantine", "show", "1").out
    keep(item(time="x", likes={"N": "1"}))
    text = run("quarantine", "show", "1").out
    assert "): open\n" in text
    assert "  reopened, the source's item changed after 20" in text
    assert text.endswith("settled before by ada: looked at\n")


def test_export_is_one_document_a_line(control: Path) -> None:
    keep(item("a", time="x"), item("b\n", likes={"N": "1"}), item("c\ud800", time="x"))
    run("quarantine", "waive", "1", *WHY)
    lines = [json.loads(line) for line in run("quarantine", "export", "--format", "jsonl").out.splitlines()]
    assert [(one["name"], one["state"], one["item"]["name"]["S"]) for one in lines] == [
        ("a", "waived", "a"),
        ("b\n", "open", "b\n"),
        ("c\\ud800", "open", "c\ud800"),
    ]
    (only,) = run("quarantine", "export", "--code", "unknown_attribute", "--json").out.splitlines()
    assert json.loads(only)["id"] == 2


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("show", "7"), 1, "nothing in quarantine is known as '7'"),
        (("fix", "1", "7", "--set", "time=1.5", *WHY), 1, "nothing in quarantine is known as '7'"),
        (("fix", "1", "--accept", "all", *WHY), 2, "'all' is no rule"),
        (("fix", "1", *WHY), 2, "nothing is set and no rule accepted"),
        (("fix", "--set", "time=1", *WHY), 2, "name items by KEY..., or all open ones of a reason by --code, not both"),
        (("waive", "1", "--code", "time_signed", *WHY), 2, "not both"),
        (("waive", *WHY), 2, "not both"),
    ],
)
def test_bad_words_are_named(control: Path, words: tuple[str, ...], code: int, error: str) -> None:
    keep(item(time="x"))
    done = run("quarantine", *words)
    assert (done.code, error in done.error) == (code, True), done.error
    assert events() == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("fix", "1", "--set", "time=1", "--reason", " "), "say why: the audit keeps it"),
        (("fix", "1", "--set", "time=1"), "the following arguments are required: --reason"),
        (("fix", "1", "--set", "name=bob", *WHY), "'name=bob' is not FIELD=VALUE with a field of room, text, time"),
        (("fix", "1", "--set", "time", *WHY), "'time' is not FIELD=VALUE"),
        (("waive", "--code", "odd", *WHY), "invalid choice: 'odd'"),
        (("list", "--limit", "0"), "'0' is not a number of items from 1 to 10000"),
    ],
)
def test_words_that_no_parser_takes_are_named(control: Path, words: tuple[str, ...], error: str) -> None:
    """On a command line these exit with 2, as argparse does."""
    assert error in run("quarantine", *words).error


def test_a_frozen_rollout_is_told(control: Path) -> None:
    keep(item(time="x"))
    Rollout.objects.update(frozen=True, frozen_by="bob", frozen_reason="holidays")
    done = run("quarantine", "fix", "1", "--set", "time=1.5", *WHY)
    assert done.code == 1
    assert "1: the rollout is frozen by bob: holidays; end it with `manage.py route thaw`" in done.error
