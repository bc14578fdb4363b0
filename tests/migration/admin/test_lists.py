"""Lists of transitions, processes and audit events: search, filter, and the state of the chain."""

from __future__ import annotations

from django.test import Client

from migration.audit.record import record
from migration.enums import Phase
from migration.models import AuditHead, Rollout
from tests.migration.vectors import LATEST, POST, holder, intent


def listed(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_without_a_move_it_says_how_to_begin(viewer: Client, rollout: Rollout) -> None:
    assert "Nothing was moved yet." in listed(viewer, "/admin/migration/transition/")


def test_moves_are_searched_and_filtered(viewer: Client, rollout: Rollout) -> None:
    for endpoint in (POST, LATEST):
        moved = intent(endpoint, Phase.LEGACY, Phase.DUAL)
        type(moved).objects.filter(pk=moved.pk).update(step="done")

    found = listed(viewer, "/admin/migration/transition/?q=latest")
    only_posts = listed(viewer, "/admin/migration/transition/?endpoint=post_comment")

    assert "latest_comments legacy → dual" in found
    assert "post_comment legacy → dual" not in found
    assert "post_comment legacy → dual" in only_posts
    assert "latest_comments legacy → dual" not in only_posts


def test_an_operator_may_declare_a_live_process_dead_and_a_viewer_is_not_offered_it(
    operator: Client, viewer: Client, rollout: Rollout
) -> None:
    address = f'href="/admin/migration/holder/{holder(acked=1).pk}/declare-dead/"'

    assert address in listed(operator, "/admin/migration/holder/")
    assert "declare-dead" not in listed(viewer, "/admin/migration/holder/")


def test_events_are_searched_and_shown_whole(viewer: Client, rollout: Rollout) -> None:
    first = record(actor="ada", action="route.freeze", subject="rollout", reason="a strange latency")
    record(actor="bob", action="route.thaw", subject="rollout", reason="it was the network", after={"epoch": 7})

    found = listed(viewer, "/admin/migration/auditevent/?q=network")
    whole = listed(viewer, f"/admin/migration/auditevent/{first.pk}/change/")

    assert "it was the network" in found
    assert "a strange latency" not in found
    assert "a strange latency" in whole
    assert str(first.digest) in whole
    assert 'name="_save"' not in whole


def test_the_chain_is_checked_when_asked(viewer: Client, rollout: Rollout) -> None:
    record(actor="ada", action="route.freeze", subject="rollout")
    record(actor="ada", action="route.thaw", subject="rollout")

    assert "A chain of 2 events" in listed(viewer, "/admin/migration/auditevent/")
    assert "<strong>Whole:</strong> 2 events" in listed(viewer, "/admin/migration/auditevent/chain/")


def test_a_broken_chain_is_told(viewer: Client, rollout: Rollout) -> None:
    record(actor="ada", action="route.freeze", subject="rollout")
    AuditHead.objects.update(events=2)

    assert "<strong>Broken: cut</strong>: the head counts 2 events, but only 1 are there." in listed(
        viewer, "/admin/migration/auditevent/chain/"
    )
