"""/admin/migration/transition/ID/: steps, guards, and that it stops asking once it has ended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from migration.admin.transition import Mark, marks
from migration.enums import Phase, Step
from migration.models import Rollout, Transition
from tests.migration.vectors import LATEST, POST, intent


def page(client: Client, moving: Transition) -> str:
    answer = client.get(f"/admin/migration/transition/{moving.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_move_of_the_authority_goes_through_a_hold(rollout: Rollout) -> None:
    moving = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD)

    assert marks(moving) == [
        Mark("guards passed", "done"),
        Mark("writes held", "now"),
        Mark("flipped", "ahead"),
        Mark("confirmed", "ahead"),
    ]


def test_a_read_is_never_held(rollout: Rollout) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=Step.DONE)

    assert [mark.name for mark in marks(moving)] == ["guards passed", "flipped", "confirmed"]
    assert {mark.state for mark in marks(moving)} == {"done"}


@pytest.mark.parametrize("step", [Step.REFUSED, Step.ABORTED])
def test_a_move_that_did_not_come_to_be_stops_where_that_happened(rollout: Rollout, step: Step) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=step)

    assert marks(moving) == [Mark("asked", "done"), Mark(step.value, "stopped")]


def test_guards_are_shown_with_reason_and_evidence(viewer: Client, rollout: Rollout) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=Step.REFUSED)
    answer = {"name": "debts", "ok": False, "reason": "3 are owed: see `manage.py x`", "evidence": {"unpaid": 3}}
    Transition.objects.filter(pk=moving.pk).update(guards=[answer], finished_at=timezone.now())

    shown = page(viewer, moving)

    assert "<strong>debts</strong> 3 are owed: see <code>manage.py x</code>" in shown
    assert "<dt>unpaid</dt><dd>3</dd>" in shown


def test_what_people_typed_is_shown_as_text(viewer: Client, rollout: Rollout) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL)
    Transition.objects.filter(pk=moving.pk).update(reason="<script>alert(1)</script>", detail="`<b>`")

    shown = page(viewer, moving)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<code>&lt;b&gt;</code>" in shown


def test_it_is_live_until_it_has_ended(viewer: Client, rollout: Rollout) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL)
    live = f"/admin/migration/transition/{moving.pk}/?part=live"

    assert 'hx-trigger="every 1s"' in page(viewer, moving)
    assert viewer.get(live).status_code == 200
    Transition.objects.update(step=Step.DONE, finished_at=timezone.now())
    assert viewer.get(live).status_code == 286
    assert "?part=live" not in page(viewer, moving)


def test_an_unknown_one_is_not_found(viewer: Client, rollout: Rollout) -> None:
    assert viewer.get("/admin/migration/transition/4711/").status_code == 404


def test_django_s_address_of_a_row_leads_here(viewer: Client, rollout: Rollout) -> None:
    moving = intent(LATEST, Phase.LEGACY, Phase.DUAL)

    answer = viewer.get(f"/admin/migration/transition/{moving.pk}/change/")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/migration/transition/{moving.pk}/")
