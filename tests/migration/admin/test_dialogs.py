"""The other dialogs: approval, withdrawal, freeze, drills, declared death."""

from __future__ import annotations

import pytest
from django.test import Client

from migration.enums import HolderState, Phase, Step
from migration.models import AuditEvent, Drill, Holder, Rollout, Transition
from tests.migration.admin.conftest import LogIn
from tests.migration.vectors import LATEST, POST, holder, intent, stand


def answered(client: Client, address: str, reason: str = "because") -> str:
    """Where it leads to, or what is said instead."""
    answer = client.post(address, {"reason": reason})
    return answer.headers["Location"] if answer.status_code == 302 else " ".join(answer.content.decode().split())


@pytest.fixture
def wanted(rollout: Rollout) -> Transition:
    """The operator's request that waits for a second person."""
    moving = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.REQUESTED)
    Transition.objects.filter(pk=moving.pk).update(approval_needed=True, actor="operator")
    return moving


def test_a_second_person_approves(approver: Client, wanted: Transition) -> None:
    page = f"/admin/migration/transition/{wanted.pk}/"

    assert answered(approver, f"{page}approve/", "looked at it") == page
    wanted.refresh_from_db()
    assert wanted.approved_by == "approver"
    assert AuditEvent.objects.filter(action="request.approve", actor="approver", reason="looked at it").count() == 1


def test_nobody_approves_a_request_of_their_own(log_in: LogIn, wanted: Transition) -> None:
    both = log_in("operator", "operator", "approver")

    said = answered(both, f"/admin/migration/transition/{wanted.pk}/approve/")

    assert f"operator made request {wanted.pk}: another person must approve it" in said
    wanted.refresh_from_db()
    assert wanted.approved_by == ""


def test_a_request_is_withdrawn(operator: Client, wanted: Transition) -> None:
    page = f"/admin/migration/transition/{wanted.pk}/"

    assert answered(operator, f"{page}withdraw/", "too early") == page
    wanted.refresh_from_db()
    assert (wanted.step, wanted.detail) == (Step.ABORTED, "withdrawn by operator: too early")
    assert f"Request {wanted.pk} is no longer waiting" in answered(operator, f"{page}withdraw/")


def test_the_dashboard_offers_each_what_they_may_do(
    operator: Client, approver: Client, viewer: Client, wanted: Transition
) -> None:
    approve = f'href="/admin/migration/transition/{wanted.pk}/approve/"'

    assert approve in approver.get("/admin/").content.decode()
    assert approve not in operator.get("/admin/").content.decode()
    assert "/withdraw/" in operator.get("/admin/").content.decode()
    assert "data-dialog" not in viewer.get("/admin/").content.decode()


def test_freeze_and_thaw(operator: Client, rollout: Rollout) -> None:
    assert answered(operator, "/admin/freeze/", "a strange latency") == "/admin/"
    rollout.refresh_from_db()
    assert (rollout.frozen, rollout.frozen_by, rollout.frozen_reason) == (True, "operator", "a strange latency")
    assert "the rollout is frozen by operator" in answered(operator, "/admin/freeze/")

    assert answered(operator, "/admin/thaw/", "it was the network") == "/admin/"
    rollout.refresh_from_db()
    assert not rollout.frozen


def test_a_drill_is_begun_for_a_worker_and_can_be_given_up(operator: Client, rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    page = f"/admin/migration/endpoint/{LATEST}/"

    assert answered(operator, f"{page}drill/", "before it matters") == page
    begun = Drill.objects.get()
    assert (begun.endpoint, begun.actor, begun.finished_at) == (LATEST, "operator", None)
    assert "drills the way back: dual to legacy and on again" in " ".join(operator.get(page).content.decode().split())

    assert answered(operator, f"{page}drill/give-up/", "not today") == page
    begun.refresh_from_db()
    assert (begun.passed, begun.detail) == (False, "given up: not today")


def test_there_is_nothing_to_drill_before_the_first_step(operator: Client, rollout: Rollout) -> None:
    assert "legacy is the first phase: there is no step back." in answered(
        operator, f"/admin/migration/endpoint/{LATEST}/drill/"
    )
    assert not Drill.objects.exists()


def test_a_silent_process_is_declared_dead_in_the_operator_s_name(operator: Client, rollout: Rollout) -> None:
    silent = holder(acked=0)

    said = answered(operator, f"/admin/migration/holder/{silent.pk}/declare-dead/", "its machine is gone")

    assert said == "/admin/migration/holder/"
    silent.refresh_from_db()
    assert (silent.state, silent.declared_by, silent.declared_how) == (
        HolderState.DECLARED,
        "operator",
        "its machine is gone",
    )


def test_one_that_left_by_itself_needs_no_declaring(operator: Client, rollout: Rollout) -> None:
    left = holder(acked=0, state=HolderState.LEFT)

    said = answered(operator, f"/admin/migration/holder/{left.pk}/declare-dead/")

    assert "It is not live but deregistered: nothing waits for it." in said
    assert Holder.objects.get(pk=left.pk).state == HolderState.LEFT
