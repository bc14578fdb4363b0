"""The sentences of `route status`."""

from __future__ import annotations

from typing import Any

import pytest

from migration.management.routetext import drill_line, frozen_line, missing_line, request_line

ASKED: dict[str, Any] = {
    "id": 7,
    "actor": "ada",
    "verb": "ramp",
    "endpoint": "latest_comments",
    "to": "cutover",
    "percent": 50,
    "approval_needed": False,
    "approved_by": "",
    "detail": "",
}


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({}, "at 50 %, waits for a worker of the queue control"),
        (
            {"percent": None, "approval_needed": True},
            "to cutover, waits for an approver: `manage.py route approve 7`",
        ),
        (
            {"approval_needed": True, "approved_by": "bob", "detail": "transition 6 is under way"},
            "at 50 %, waits for a worker of the queue control: transition 6 is under way",
        ),
    ],
)
def test_a_request_says_what_it_waits_for(change: dict[str, Any], end: str) -> None:
    line = request_line({**ASKED, **change})
    assert line.startswith("Request 7 of ada: ramp latest_comments to cutover")
    assert line.endswith(end)


def test_the_missing_are_named_with_their_time() -> None:
    late = [{"holder": "web 3 (pid 9, slot 4)", "epoch": 5, "seconds": 12.4}]
    assert missing_line(late) == "Not on the current epoch: web 3 (pid 9, slot 4) (on epoch 5, for 12 s)"


def test_a_freeze_names_the_way_out() -> None:
    line = frozen_line({"by": "ada", "reason": "night", "at": "2026-01-02T03:04:05+00:00"})
    assert line == (
        "FROZEN by ada since 2026-01-02T03:04:05 (UTC): night. No move and no background copy; `manage.py route thaw`."
    )


def test_an_unfinished_drill_names_the_way_on() -> None:
    line = drill_line({"id": 2, "endpoint": "latest_comments", "from": "cutover", "to": "shadow", "actor": "ada"})
    assert line == (
        "Drill 2 of ada: latest_comments cutover to shadow and back, unfinished; "
        "`manage.py route drill latest_comments --reason ...` goes on with it"
    )
