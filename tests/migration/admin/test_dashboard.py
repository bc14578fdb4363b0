"""/admin/: what is shown, and that it changes with the rows."""

from __future__ import annotations

from django.test import Client

from migration.enums import Phase
from migration.models import Rollout
from tests.migration.vectors import LATEST, holder, owe, place


def text(client: Client, address: str = "/admin/") -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content[:500]
    return " ".join(response.content.decode().split())


def test_each_endpoint_is_shown_with_its_phase_and_what_blocks_the_next(viewer: Client, rollout: Rollout) -> None:
    place(LATEST, Phase.DUAL)

    shown = text(viewer)

    for name in ("post_comment", "latest_comments", "comments_since", "all_comments", "user_timeline"):
        assert f'href="/admin/migration/endpoint/{name}/"' in shown
    assert "<strong>Next: shadow</strong>, blocked:" in shown


def test_processes_that_have_not_confirmed_are_counted_and_named(viewer: Client, rollout: Rollout) -> None:
    holder(acked=rollout.epoch)
    late = holder(acked=rollout.epoch - 1)

    shown = text(viewer)

    assert "<dt>Processes confirmed</dt><dd>1 of 2</dd>" in shown
    assert f"<strong>web</strong> pid {late.pid}, epoch {late.acked_epoch}: missing for 0 s" in shown


def test_comments_owed_are_counted(viewer: Client, rollout: Rollout) -> None:
    owe()

    assert "<dt>Comments owed</dt><dd>1</dd>" in text(viewer)


def test_a_freeze_is_said_at_the_top(viewer: Client, rollout: Rollout) -> None:
    Rollout.objects.update(frozen=True, frozen_by="ada", frozen_reason="a strange latency")

    shown = text(viewer)

    assert "<strong>Frozen</strong> by ada: “a strange latency”" in shown


def test_without_processes_it_says_what_to_do(viewer: Client, rollout: Rollout) -> None:
    assert "Start the service with <code>make run</code>" in text(viewer)


def test_its_live_part_is_sent_again_only_when_it_changed(viewer: Client, rollout: Rollout) -> None:
    first = viewer.get("/admin/?part=live")
    again = viewer.get("/admin/?part=live", headers={"If-None-Match": first.headers["ETag"]})
    place(LATEST, Phase.DUAL)
    changed = viewer.get("/admin/?part=live", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, changed.status_code) == (200, 304, 200)
    assert again.content == b""
    assert "<html" not in first.content.decode()
