"""Dialogs of an endpoint: what they say before, what is asked for, and how refusals are told."""

from __future__ import annotations

from django.test import Client

from migration.enums import Phase, Step
from migration.models import Rollout, Transition
from tests.migration.vectors import LATEST, POST, holder, intent, place

ADVANCE = "/admin/migration/endpoint/latest_comments/advance/"
HX = {"HX-Request": "true"}


def said(client: Client, address: str, **fields: str) -> str:
    answer = client.post(address, fields) if fields else client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_dialog_tells_what_will_happen(operator: Client, rollout: Rollout) -> None:
    holder(acked=rollout.epoch)
    place(LATEST, Phase.SHADOW)

    shown = said(operator, ADVANCE)

    assert "<li>Now: dynamodb answers every request.</li>" in shown
    assert "<li>1 process has to confirm it.</li>" in shown
    assert "scylla-room is not complete" in shown
    assert '<button type="submit" class="mv-button mv-primary">Advance to cutover</button>' in shown


def test_an_answer_makes_a_request_in_the_asker_s_name(operator: Client, rollout: Rollout) -> None:
    answer = operator.post(ADVANCE, {"reason": "ticket 42", "to": "dual"})

    wanted = Transition.objects.get()
    assert (wanted.endpoint, wanted.verb, wanted.to_phase) == ("latest_comments", "advance", "dual")
    assert (wanted.actor, wanted.reason, wanted.step) == ("operator", "ticket 42", Step.REQUESTED)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/migration/transition/{wanted.pk}/")


def test_a_script_is_told_the_next_page_in_a_header(operator: Client, rollout: Rollout) -> None:
    answer = operator.post(ADVANCE, {"reason": "ticket 42", "to": "dual"}, headers=HX)

    address = f"/admin/migration/transition/{Transition.objects.get().pk}/"
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, address)


def test_without_a_reason_nothing_is_asked_for(operator: Client, rollout: Rollout) -> None:
    shown = said(operator, ADVANCE, reason="  ", to="dual")

    assert "Say why: the audit keeps it." in shown
    assert not Transition.objects.exists()


def test_a_refusal_is_told_and_keeps_what_was_typed(operator: Client, rollout: Rollout) -> None:
    Rollout.objects.update(frozen=True, frozen_by="ada", frozen_reason="a strange latency")

    shown = said(operator, ADVANCE, reason="one more step", to="dual")

    assert "<strong>Refused, nothing has changed.</strong>" in shown
    assert (
        "<li>the rollout is frozen by ada: a strange latency; end it with <code>manage.py route thaw</code></li>"
        in shown
    )
    assert "one more step</textarea>" in shown
    assert not Transition.objects.exists()


def test_a_dialog_left_open_while_somebody_else_moved_leads_no_further(operator: Client, rollout: Rollout) -> None:
    place(LATEST, Phase.DUAL)

    shown = said(operator, ADVANCE, reason="as I saw it", to="dual")

    assert "latest_comments is in dual; one step advance leads to shadow, not dual" in shown
    assert not Transition.objects.exists()


def test_at_the_end_of_the_ladder_there_is_nothing_to_press(operator: Client, rollout: Rollout) -> None:
    shown = said(operator, "/admin/migration/endpoint/post_comment/rollback/")

    assert "legacy is the first phase: there is no step back." in shown
    assert "<button" not in shown
    said(operator, "/admin/migration/endpoint/post_comment/rollback/", reason="try", to="legacy")
    assert not Transition.objects.exists()


def test_a_ramp_asks_for_its_share(operator: Client, rollout: Rollout) -> None:
    place(LATEST, Phase.CUTOVER, ramp=10)
    address = "/admin/migration/endpoint/latest_comments/ramp/"

    assert 'value="10"' in said(operator, address)
    assert "Ensure this value is less than or equal to 100." in said(
        operator, address, reason="more", to="cutover", percent="101"
    )
    operator.post(address, {"reason": "more", "to": "cutover", "percent": "40"})

    wanted = Transition.objects.get()
    assert (wanted.verb, wanted.percent, wanted.to_phase) == ("ramp", 40, "cutover")


def test_a_read_that_goes_back_is_on_its_way_at_once(operator: Client, rollout: Rollout) -> None:
    """Protocol F8: it waits for no worker."""
    place(LATEST, Phase.DUAL)

    operator.post("/admin/migration/endpoint/latest_comments/rollback/", {"reason": "latency", "to": "legacy"})

    moved = Transition.objects.get()
    assert (moved.step, moved.actor, moved.from_phase, moved.to_phase) == (Step.DONE, "operator", "dual", "legacy")


def test_a_second_request_of_the_same_endpoint_is_refused(operator: Client, rollout: Rollout) -> None:
    waiting = intent(LATEST, Phase.LEGACY, Phase.DUAL, step=Step.REQUESTED)

    shown = said(operator, ADVANCE, reason="again", to="dual")

    assert f"request {waiting.pk} of ada" in shown
    assert Transition.objects.count() == 1


def test_an_unknown_endpoint_or_verb_is_not_found(operator: Client, rollout: Rollout) -> None:
    for address in ("/admin/migration/endpoint/nobody/advance/", "/admin/migration/endpoint/post_comment/explode/"):
        assert operator.get(address).status_code == 404


def test_the_endpoint_page_offers_what_can_be_asked_where_it_stands(
    operator: Client, viewer: Client, rollout: Rollout
) -> None:
    place(LATEST, Phase.CUTOVER, ramp=30)
    page = f"/admin/migration/endpoint/{LATEST}/"

    offered = said(operator, page)

    for words in ("Advance to decommission…", "Change the ramp…", "Change the shadow…", "Roll back to shadow…"):
        assert words in offered
    assert "data-dialog" not in said(viewer, page)
    assert "Advance to dual…" in said(operator, f"/admin/migration/endpoint/{POST}/")
    assert "Roll back" not in said(operator, f"/admin/migration/endpoint/{POST}/")
