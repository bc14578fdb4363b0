"""`manage.py route`: what it prints, what it exits with, and how it ends when it is told to."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from migration.enums import Phase, Step, WriteFlag
from migration.management import routeverbs as module
from migration.models import Holder, Rollout, Route, Transition
from tests.migration import forks
from tests.migration.bed import Outcome, control_database, run
from tests.migration.vectors import LATEST, POST, epoch_of, holder, owe, rollout, stand, write_flag

__all__ = ["rollout"]

pytestmark = pytest.mark.usefixtures("rollout")
WHY = ("--reason", "ticket 42")
MANAGE = """
import signal
from django.core.management import execute_from_command_line
# As on a terminal, also where these tests run in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def route(*words: str) -> Outcome:
    return run("route", *words)


def test_status_shows_every_endpoint_and_process() -> None:
    stand(Rollout.objects.get(), write=Phase.DUAL, reads=Phase.CUTOVER, ramp=40, complete=False)
    alive = holder(acked=1, slot=7)
    owe()
    shown = route("status")
    lines = shown.out.splitlines()
    assert shown.code == 0
    assert lines[0] == "Rollout dynamodb-to-scylla: dynamodb to scylla-room, epoch 1"
    assert lines[1] == "Complete: dynamodb yes, scylla-room no. Comments owed to a store: 1"
    assert ["post_comment", "dual", "source+mirror", "-", "-", "1"] in [line.split() for line in lines]
    assert "latest_comments      cutover  target-ramp    40 %  0 %     1" in lines
    assert "user_timeline (off)  legacy   source         0 %   0 %     1" in lines
    assert any(line.split()[:5] == [str(alive.pk), "web", str(alive.pid), "7", "1"] for line in lines)


def test_status_without_processes_says_how_to_start_one() -> None:
    assert "No live process acts on these flags. Start one with `make run`." in route("status").out


def test_status_is_one_json_document() -> None:
    shown = route("status", "--json").json
    assert (shown["epoch"], shown["transition"], shown["holders"]) == (1, None, [])
    assert [one["endpoint"] for one in shown["endpoints"]][:2] == ["post_comment", "latest_comments"]


def test_a_step_forward_says_what_was_done() -> None:
    done = route("advance", "post_comment", *WHY, "--actor", "ada")
    assert done.code == 0
    assert done.out.startswith("advance post_comment: legacy to dual, done, epoch 2, 0 processes confirmed in ")
    assert (write_flag(), Transition.objects.get().actor) == (WriteFlag.SOURCE_MIRROR, "ada")


def test_a_move_of_the_authority_says_how_long_writes_were_held() -> None:
    stand(Rollout.objects.get(), write=Phase.DUAL, reads=Phase.CUTOVER)
    done = route("advance", "post_comment", *WHY, "--json")
    shown = done.json["transition"]
    assert (shown["outcome"], shown["from"], shown["to"], shown["epoch"]) == ("done", "dual", "cutover", 3)
    assert 0 < shown["hold_ms"] < 2500
    assert ", writes held " in route("rollback", "post_comment", *WHY).out


def test_a_share_needs_no_reason() -> None:
    stand(Rollout.objects.get(), write=Phase.DUAL, reads=Phase.CUTOVER, ramp=10)
    done = route("ramp", "latest_comments", "50")
    assert (done.code, Route.objects.get(endpoint=LATEST).ramp_percent) == (0, 50)
    assert "ramp latest_comments: cutover to cutover at 50 %, done, epoch 2" in done.out


def test_a_refusal_lists_every_reason_and_exits_1() -> None:
    stand(Rollout.objects.get(), write=Phase.DUAL, reads=Phase.SHADOW, complete=False)
    owe()
    refused = route("advance", "latest_comments", *WHY)
    assert refused.code == 1
    assert refused.error == (
        "refused, nothing has changed:\n"
        "  - scylla-room is not complete: run `manage.py backfill start` while writes are mirrored to it\n"
        "  - 1 comments are owed to a store: see `manage.py ledger status`"
    )
    assert epoch_of(Rollout.objects.get()) == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("rollback", "post_comment", *WHY), "legacy is the first phase: there is no step back"),
        (("advance", "post_comment", "--to", "shadow", *WHY), "a write endpoint has no phase shadow"),
        (("ramp", "latest_comments", "50"), "only a read endpoint in cutover has a ramp; latest_comments is in legacy"),
    ],
)
def test_an_impossible_move_exits_1(words: tuple[str, ...], error: str) -> None:
    outcome = route(*words)
    assert (outcome.code, outcome.error) == (1, error)


def test_a_process_that_does_not_confirm_exits_4_and_repeating_finishes() -> None:
    silent = holder(acked=1)
    waiting = route("advance", "post_comment", *WHY, "--wait", "0.1")
    assert waiting.code == 4
    assert f"not confirmed by {silent}" in waiting.error
    assert "waiting" in route("status").out
    assert route("advance", "post_comment", *WHY, "--wait", "0").code == 4
    Holder.objects.update(acked_epoch=2)
    assert route("advance", "post_comment", *WHY, "--wait", "0").code == 0
    assert (Transition.objects.get().step, Route.objects.get(endpoint=POST).phase) == (Step.DONE, Phase.DUAL)


def test_another_command_at_work_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.transitions.recovery.lease_ran_out", lambda left: False)
    Transition.objects.create(
        rollout=Rollout.objects.get(), endpoint=POST, verb="advance", from_phase="legacy", to_phase="dual", actor="bob"
    )
    outcome = route("advance", "latest_comments", *WHY)
    assert outcome.code == 1
    assert "is under way (post_comment to dual); wait for it" in outcome.error


def test_ctrl_c_is_a_sentence_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "move_now", interrupted)
    outcome = route("advance", "post_comment", *WHY)
    assert (outcome.code, outcome.error) == (1, "interrupted: see `manage.py route status`")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("advance", "post_comment"), "--reason"),
        (("advance", "post_comment", "--reason", " "), "say why: the audit keeps it"),
        (("advance", "everything", *WHY), "invalid choice: 'everything'"),
        (("advance", "post_comment", "--to", "migrated", *WHY), "invalid choice: 'migrated'"),
        (("advance", "post_comment", "--wait", "nan", *WHY), "'nan' is not a number of seconds"),
        (("advance", "post_comment", "--wait=-1", *WHY), "'-1' is not a number of seconds"),
        (("ramp", "latest_comments", "101"), "'101' is not a whole number from 0 to 100"),
        (("ramp", "latest_comments", "²"), "'²' is not a whole number from 0 to 100"),
        ((), "verb"),
    ],
)
def test_words_that_make_no_sense_are_refused_by_name(words: tuple[str, ...], error: str) -> None:
    assert error in route(*words).error
    assert not Transition.objects.exists()


def test_without_tables_it_says_what_to_run(tmp_path: Path) -> None:
    with control_database(tmp_path / "empty.sqlite3"):
        outcome = route("status")
    assert outcome.code == 3
    assert "Run `python manage.py migrate`, or correct DATABASE_URL." in outcome.error


def manage(control: Path, *words: str) -> forks.Fork:
    """Long enough a hold for a signal to come before it gives up by itself."""
    return forks.start(MANAGE, control, *words, hold_wait_seconds=20.0)


def test_wrong_words_exit_2(control: Path) -> None:
    assert manage(control, "route", "ramp", "latest_comments", "many").wait() == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_ended_lets_its_hold_go_at_once(control: Path, number: signal.Signals) -> None:
    """A real process waits in a hold for a silent writer; nobody has to wait for its lease to run out."""
    stand(Rollout.objects.get(), write=Phase.DUAL, reads=Phase.CUTOVER)
    holder(acked=1)
    command = manage(control, "route", "advance", "post_comment", *WHY)
    deadline = time.monotonic() + 30
    while write_flag() is not WriteFlag.HELD and time.monotonic() < deadline:
        time.sleep(0.01)
    # Past what follows the flip: an interrupt within a codec of the standard library is told in its words.
    time.sleep(0.3)
    command.send(number)
    assert command.wait() == 1
    assert command.said == "CommandError: interrupted: see `manage.py route status`\n"
    left = Transition.objects.get()
    assert (left.step, left.detail, write_flag()) == (Step.ABORTED, "interrupted", WriteFlag.SOURCE_MIRROR)
