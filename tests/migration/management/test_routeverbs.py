"""`manage.py route`: plans, requests, approvals, the freeze and drills, as a terminal and a script see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.conf import env
from migration.enums import Phase, Step, WriteFlag
from migration.models import AuditEvent, Drill, Rollout, Route, Transition
from migration.people.actors import shell_actor
from migration.transitions.requests import request
from tests.migration import broker as brokers
from tests.migration import forks
from tests.migration.bed import Outcome, run
from tests.migration.management.test_route import MANAGE
from tests.migration.vectors import (
    LATEST,
    POST,
    epoch_of,
    holder,
    is_complete,
    phase_of,
    rollout,
    stand,
    wish,
    write_flag,
)

__all__ = ["rollout"]

WHY = ("--reason", "ticket 42")


@pytest.fixture(autouse=True)
def _broker(rollout: Rollout) -> Iterator[None]:
    with brokers.broker():
        yield


@pytest.fixture
def second_person(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"approval_required": True})
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)


def route(*words: str) -> Outcome:
    return run("route", *words)


# plan


def test_a_plan_shows_steps_guards_and_effect_and_changes_nothing() -> None:
    shown = route("plan", "post_comment")
    lines = shown.out.splitlines()
    assert shown.code == 0
    assert lines[0] == "advance post_comment: legacy to dual. Nothing has been changed."
    assert "2. flip: epoch 2" in lines
    assert ["ok", "vector", "the", "phases"] in [line.split()[:4] for line in lines]
    assert "Traffic then: dynamodb decides each post, scylla-room gets a copy" in lines
    assert (phase_of(POST), Transition.objects.count()) == (Phase.LEGACY, 0)


def test_a_plan_that_would_be_refused_exits_1_with_the_reasons() -> None:
    silent = holder(acked=0)
    shown = route("plan", "post_comment", "--to", "dual")
    assert (shown.code, shown.error) == (1, "it would be refused: confirmed")
    assert f"NO  confirmed  not yet on epoch 1: {silent}" in shown.out.replace("   ", "  ")
    assert f"Not on the current epoch: {silent} (on epoch 0, for " in shown.out


def test_a_plan_as_json(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    plan = route("plan", "latest_comments", "--verb", "rollback", "--json").json
    assert (plan["ok"], plan["from"], plan["to"], plan["verb"]) == (True, "cutover", "shadow", "rollback")
    assert [guard["ok"] for guard in plan["guards"]] == [True] * len(plan["guards"])


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("post_comment", "--verb", "rollback"), 1, "legacy is the first phase: there is no step back"),
        (("latest_comments", "--verb", "ramp"), 2, "--percent belongs to --verb ramp and --verb shadow"),
        (("latest_comments", "--percent", "5"), 2, "--percent belongs to --verb ramp and --verb shadow"),
    ],
)
def test_a_plan_of_what_cannot_be(words: tuple[str, ...], code: int, error: str) -> None:
    shown = route("plan", *words)
    assert (shown.code, error in shown.error) == (code, True)


# shadow


def test_a_shadow_is_a_move_of_its_own(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=40)
    done = route("shadow", "latest_comments", "5")
    assert (done.code, Route.objects.get(endpoint=LATEST).shadow_percent) == (0, 5)
    assert done.out.startswith(
        "shadow latest_comments: cutover to cutover at 5 %, done, epoch 2, 0 processes confirmed"
    )


# requests


@pytest.mark.usefixtures("second_person")
def test_a_move_that_needs_a_second_person_exits_4_and_is_carried_out_by_that_person() -> None:
    asked = route("advance", "post_comment", *WHY, "--actor", "ada")
    pk = Transition.objects.get().pk
    assert (asked.code, asked.error) == (
        4,
        f"waiting for approval: another person runs `manage.py route approve {pk}`",
    )
    shown = route("status").out
    assert f"Request {pk} of ada: advance post_comment to cutover, waits for an approver: " in shown
    refused = route("approve", str(pk), "--actor", "ada")
    assert (refused.code, refused.error) == (1, f"ada made request {pk}: another person must approve it")
    assert write_flag() is WriteFlag.SOURCE_MIRROR
    done = route("approve", str(pk), "--actor", "bob", "--reason", "looked at it")
    assert (done.code, write_flag(), Transition.objects.get().approved_by) == (0, WriteFlag.TARGET_MIRROR, "bob")
    assert done.out.startswith("advance post_comment: dual to cutover, done, epoch 3, writes held ")


@pytest.mark.usefixtures("second_person")
def test_an_approved_move_ends_with_the_codes_of_advance() -> None:
    holder(acked=0)
    asked = request(wish(POST), shell_actor("ada"))
    refused = route("approve", str(asked.pk), "--actor", "bob", "--wait", "0.1", "--json")
    assert (refused.code, "not yet on epoch 1" in refused.error) == (1, True)
    assert Transition.objects.get().step == Step.REFUSED


@pytest.mark.usefixtures("second_person")
def test_a_request_is_withdrawn() -> None:
    asked = request(wish(POST), shell_actor("ada"))
    done = route("withdraw", str(asked.pk), *WHY, "--actor", "bob", "--json")
    assert (done.code, done.json["transition"]["step"], done.json["requests"]) == (0, "aborted", [])
    assert done.json["transition"]["detail"] == "withdrawn by bob: ticket 42"


@pytest.mark.parametrize("verb", ["approve", "withdraw", "transition"])
def test_a_number_that_is_none_is_named(verb: str) -> None:
    more = WHY if verb == "withdraw" else ()
    assert "'-1' is not the number of a transition" in route(verb, *more, "--", "-1").error
    missing = route(verb, "4711", *more)
    assert (missing.code, missing.error) == (1, "there is no such transition: `manage.py route status`")


def test_one_transition_is_shown(rollout: Rollout) -> None:
    silent = holder(acked=1)
    assert route("advance", "post_comment", *WHY, "--wait", "0").code == 4
    pk = str(Transition.objects.get().pk)
    told = route("transition", pk).out
    assert told.startswith(
        "advance post_comment: legacy to dual, waiting, epoch 2, 1 processes not all confirmed after "
    )
    assert told.endswith(f"not confirmed by: {silent}\n")
    shown = route("transition", pk, "--json").json
    assert (shown["id"], shown["outcome"], shown["holders"], shown["reason"]) == (int(pk), "waiting", 1, "ticket 42")


# freeze


def test_a_freeze_is_seen_and_stops_moves_until_the_thaw() -> None:
    assert route("freeze", *WHY, "--actor", "ada").code == 0
    assert route("status").out.splitlines()[1].startswith("FROZEN by ada since ")
    refused = route("advance", "post_comment", *WHY)
    assert refused.code == 1
    assert "the rollout is frozen by ada: ticket 42; end it with `manage.py route thaw`" in refused.error
    assert route("freeze", *WHY).code == 1
    assert route("thaw", *WHY, "--json").json["frozen"] is None
    assert route("thaw", *WHY).code == 1
    assert route("advance", "post_comment", *WHY).code == 0
    assert AuditEvent.objects.filter(action__in=["route.freeze", "route.thaw"]).count() == 2


# drill


def test_a_drill_goes_back_and_on_again(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=40)
    done = route("drill", "latest_comments", *WHY, "--json")
    assert (done.code, done.json["drill"]["passed"], done.json["drills"]) == (0, True, [])
    assert (phase_of(LATEST), Route.objects.get(endpoint=LATEST).ramp_percent) == (Phase.CUTOVER, 40)
    told = route("drill", "latest_comments", *WHY)
    assert told.out.startswith(f"drill {done.json['drill']['id'] + 1} of latest_comments, cutover to shadow and back: ")


def test_an_endpoint_that_cannot_go_back_is_not_drilled() -> None:
    refused = route("drill", "post_comment", *WHY)
    assert (refused.code, Drill.objects.count()) == (1, 0)


# restored


def test_after_a_restore_it_goes_on_above_every_epoch_seen(rollout: Rollout) -> None:
    done = route("restored", "--above", "17", "--authority", "dynamodb", *WHY, "--actor", "ada", "--json")
    assert (done.code, done.json["epoch"], is_complete("scylla-room")) == (0, 18, False)
    event = AuditEvent.objects.get(action="rollout.restored")
    assert (event.actor, event.reason, event.after["authority"]) == ("ada", "ticket 42", "dynamodb")


def test_a_restore_with_the_wrong_authority_or_a_live_process_is_refused(rollout: Rollout) -> None:
    wrong = route("restored", "--above", "17", "--authority", "scylla-room", *WHY)
    assert (wrong.code, "dynamodb decides writes, not scylla-room" in wrong.error) == (1, True)
    silent = holder()
    beside = route("restored", "--above", "17", "--authority", "dynamodb", *WHY)
    assert (beside.code, f"registered as live: {silent}. End them" in beside.error) == (1, True)
    assert (epoch_of(rollout), AuditEvent.objects.count()) == (1, 0)


def test_after_a_restore_the_authority_must_be_named() -> None:
    assert "--authority" in route("restored", "--above", "17", *WHY).error
    assert "invalid choice: 'cassandra'" in route("restored", "--above", "17", "--authority", "cassandra", *WHY).error
    assert "'x' is not an epoch" in route("restored", "--above", "x", "--authority", "dynamodb", *WHY).error


@pytest.mark.parametrize("verb", ["advance", "rollback", "drill", "freeze", "thaw", "withdraw"])
def test_what_the_audit_keeps_needs_a_reason(verb: str) -> None:
    words = {"freeze": (), "thaw": (), "withdraw": ("1",)}.get(verb, ("latest_comments",))
    assert "--reason" in route(verb, *words).error


def test_wrong_words_exit_2(control: Path) -> None:
    assert forks.start(MANAGE, control, "route", "plan", "latest_comments", "--percent", "5").wait() == 2
