"""`manage.py ledger`: what is owed, what stands in the way, and an exit code that says whether anything is left."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from chat.clock import wall_us
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.dynamodb.store import DynamoStore
from migration.enums import DebtState
from migration.models import Debt, SweepState
from tests.migration.bed import Bed, comment, run
from tests.migration.debts import owe, unsettle

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.mark.parametrize("verb", ["status", "drain"])
def test_an_empty_ledger(bed: Bed, verb: str) -> None:
    shown = run("ledger", verb)
    assert (shown.code, shown.out) == (0, "Nothing is owed to any store.\n")
    assert run("ledger", verb, "--json").json == {
        **{"unpaid": 0, "entries": [], "stuck": []},
        **{"depth": 0, "blocked": 0, "oldest_seconds": None, "rate": 0.0, "eta_seconds": None, "standing": ""},
        "sweep": None,
    }


def test_status_counts_by_store_and_state_with_the_oldest(bed: Bed) -> None:
    owe(comment(1), comment(2), comment(3))
    owe(comment(4), holder=TARGET, owed=SOURCE)
    Debt.objects.filter(time_us=comment(3).time_us).update(state=DebtState.FAILED)
    Debt.objects.filter(time_us=comment(2).time_us).update(state=DebtState.PAID)
    oldest = [debt.created_at for debt in Debt.objects.order_by("pk")]
    now = run("ledger", "status", "--json").json
    assert now["entries"] == [
        {"owed": "dynamodb", "state": "open", "entries": 1, "oldest": oldest[3].isoformat(timespec="seconds")},
        {"owed": "scylla-room", "state": "failed", "entries": 1, "oldest": oldest[2].isoformat(timespec="seconds")},
        {"owed": "scylla-room", "state": "open", "entries": 1, "oldest": oldest[0].isoformat(timespec="seconds")},
    ]
    assert (now["unpaid"], now["depth"], now["blocked"], now["stuck"]) == (3, 3, 1, [])
    text = run("ledger", "status")
    assert text.code == 0
    assert [line.split()[:3] for line in text.out.splitlines()[:4]] == [
        ["OWED", "TO", "STATE"],
        ["dynamodb", "open", "1"],
        ["scylla-room", "failed", "1"],
        ["scylla-room", "open", "1"],
    ]


def test_status_tells_age_pace_and_the_last_sweep(control: Path) -> None:
    owe(*(comment(number) for number in range(8)))
    now = timezone.now()
    Debt.objects.update(created_at=now - timedelta(hours=2, minutes=5))
    Debt.objects.filter(pk__lte=6).update(state=DebtState.PAID, closed_at=now)
    Debt.objects.filter(pk=8).update(state=DebtState.FAILED)
    SweepState.objects.create(
        clean_start_us=wall_us() - 200_000_000, last_start_us=wall_us(), last_error="dynamodb: away"
    )
    assert run("ledger", "status").out.splitlines()[4:] == [
        "2 unpaid, the oldest for 2 hours; 0.1 a second were paid over the last minute.",
        "At this pace the rest is paid in 10 seconds.",
        "1 wait for a person: mend and `manage.py ledger drain`, or `ledger waive`.",
        "Last clean sweep: 3 minutes ago; the newest sweep failed: dynamodb: away.",
    ]
    shown = run("ledger", "status", "--json").json
    assert (shown["rate"], shown["eta_seconds"], shown["standing"]) == (0.1, 10.0, "")
    assert shown["sweep"]["last_error"] == "dynamodb: away"


def test_status_says_so_when_nothing_moves(control: Path) -> None:
    owe(comment(1))
    Debt.objects.update(last_error="scylla-room: cannot be reached: no node", attempts=3)
    assert "\nNot moving: scylla-room: cannot be reached: no node.\n" in run("ledger", "status").out


def test_show_tells_everything_of_a_comment_and_its_history(control: Path) -> None:
    owe(comment(1, text="hé\x1b[2J"))
    Debt.objects.update(state=DebtState.PAID, closed_at=timezone.now())
    owe(comment(1, text="hé\x1b[2J"))
    for key in ("1", "2", f"ann@{comment(1).time}", "ann"):
        shown = run("ledger", "show", key, "--json").json
        assert (shown["found"], [entry["id"] for entry in shown["entries"]]) == (2, [2, 1])
    newest = shown["entries"][0]
    assert {key: newest[key] for key in ("state", "room", "name", "time", "text", "holder", "owed", "cause")} == {
        **{"state": "open", "room": "chat", "name": "ann", "time": comment(1).time, "text": "hé\x1b[2J"},
        **{"holder": "dynamodb", "owed": "scylla-room", "cause": "mirror timed out"},
    }
    text = run("ledger", "show", "ann").out
    assert "Entry 2: open\n" in text
    assert "Entry 1: paid\n" in text
    assert "  text      'hé\\x1b[2J'\n" in text, "what is in a comment does not steer the terminal"
    assert "  held by   dynamodb, owed to scylla-room\n" in text


def test_show_of_a_name_with_very_many_entries_says_how_many_more(control: Path) -> None:
    owe(*(comment(number) for number in range(103)))
    shown = run("ledger", "show", "ann", "--json").json
    assert (shown["found"], len(shown["entries"])) == (103, 100)
    assert run("ledger", "show", "ann").out.endswith("\n3 more are not shown.\n")


def test_show_of_what_is_not_there_names_it(control: Path) -> None:
    shown = run("ledger", "show", "bob@1.5")
    assert (shown.code, shown.out) == (1, "")
    assert shown.error == "nothing is known of 'bob@1.5': no entry has this id, this NAME@TIME or this name"


def test_waive_gives_one_entry_up(control: Path) -> None:
    owe(comment(1), comment(2))
    waived = run("ledger", "waive", "1", "--reason", "the room is gone", "--actor", "ada", "--json")
    assert waived.code == 0
    shown = {key: waived.json[key] for key in ("id", "state", "closed_by", "closed_reason")}
    assert shown == {"id": 1, "state": "waived", "closed_by": "ada", "closed_reason": "the room is gone"}
    assert run("ledger", "status", "--json").json["unpaid"] == 1
    assert "by ada: the room is gone" in run("ledger", "show", "1").out


def test_waive_names_who_is_logged_in(control: Path) -> None:
    owe(comment(1))
    assert run("ledger", "waive", "1", "--reason", "gone").out.startswith(f"Given up by {getpass.getuser()}.\n")
    assert Debt.objects.get().closed_by == getpass.getuser()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("1", "--reason", "gone"), "refused, nothing has changed: entry 1 is unsettled: nobody knows whether"),
        (("2", "--reason", "gone"), "refused, nothing has changed: entry 2 is closed already: paid"),
        (("7", "--reason", "gone"), "there is no entry 7 in the ledger"),
        (("x7", "--reason", "gone"), "'x7' is not the id of an entry"),
        (("9" * 30, "--reason", "gone"), f"'{'9' * 30}' is not the id of an entry"),
        (("1", "--reason", "  "), "a reason has at least one word"),
        (("1",), "the following arguments are required: --reason"),
    ],
)
def test_waive_refuses(control: Path, words: tuple[str, ...], error: str) -> None:
    unsettle(comment(1))
    owe(comment(2))
    Debt.objects.filter(pk=2).update(state=DebtState.PAID)
    refused = run("ledger", "waive", *words)
    assert error in refused.error
    assert refused.code == 1
    assert list(Debt.objects.order_by("pk").values_list("state", flat=True)) == ["unsettled", "paid"]


def test_a_drain_that_pays_everything_exits_0(bed: Bed) -> None:
    owe(comment(1), comment(2))
    Debt.objects.filter(pk=1).update(state=DebtState.FAILED)
    drained = run("ledger", "drain")
    assert (drained.code, drained.out) == (0, "Nothing is owed to any store.\n")
    assert bed.rows() == {comment(1), comment(2)}


def test_a_conflict_is_shown_with_its_reason_and_exits_1(bed: Bed) -> None:
    bed.source.upsert(replace(comment(1), text="theirs"))
    owe(comment(1), holder=TARGET, owed=SOURCE)
    drained = run("ledger", "drain")
    assert drained.code == 1
    assert drained.error == "not everything could be paid: 1 comments are still owed, see `manage.py ledger status`"
    assert "conflict" in drained.out
    assert f"'ann' at {comment(1).time} in 'chat': dynamodb: another comment sits under" in drained.out
    (stuck,) = run("ledger", "status", "--json").json["stuck"]
    assert (stuck["state"], stuck["owed"], stuck["name"], stuck["attempts"]) == ("conflict", "dynamodb", "ann", 0)


def test_a_store_that_is_away_exits_3(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(store: DynamoStore, found: Comment) -> Any:
        raise StoreUnavailable("dynamodb", "connection refused")

    monkeypatch.setattr(DynamoStore, "upsert", away)
    owe(comment(1), holder=TARGET, owed=SOURCE)
    drained = run("ledger", "drain")
    assert drained.code == 3
    assert drained.error.startswith("dynamodb cannot be reached: 1 comments are still owed")


def test_as_an_operator_runs_it(bed: Bed) -> None:
    owe(comment(1))
    assert bed.manage("ledger", "drain").code == 0
    assert bed.rows() == {comment(1)}
    assert bed.manage("ledger", "waive", "x7", "--reason", "gone").code == 2
