"""`manage.py holders`: who acts on flags, and the last resort for one that is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from migration.enums import HolderState
from migration.models import AuditEvent, Holder, Rollout
from tests.migration.bed import run
from tests.migration.vectors import holder, is_complete, rollout

__all__ = ["rollout"]


def test_without_a_live_process_it_says_how_to_start_one(rollout: Rollout) -> None:
    shown = run("holders", "list")
    assert (shown.code, shown.out) == (0, "No live process acts on these flags. Start one with `make run`.\n")
    assert run("holders", "list", "--json").json == {"holders": [], "advice": []}


def test_the_list_names_each_process_and_ends_with_what_to_do(rollout: Rollout) -> None:
    row = holder(acked=0, slot=3)
    Holder.objects.update(seen_at=timezone.now() - timedelta(seconds=30), machine="web-2")
    lines = run("holders", "list").out.splitlines()
    assert lines[0].split() == [
        *("ID", "KIND", "STATE", "MACHINE", "PID", "BACKEND", "SLOT", "EPOCH", "BEHIND", "SEEN", "FILES")
    ]
    assert lines[1].split() == [
        *(str(row.pk), "web", "live", "web-2", str(row.pid), "routed", "3", "0", "behind", "30", "s", "ago", "?")
    ]
    assert lines[3].startswith(f"web {row.pk}: silent for 30 s. End it on web-2")
    (found,) = run("holders", "list", "--json").json["holders"]
    assert (found["id"], found["behind"], found["silent"], found["proven_dead"]) == (row.pk, True, True, False)


def test_all_shows_those_that_ended_too(rollout: Rollout) -> None:
    holder(state=HolderState.LEFT)
    assert run("holders", "list", "--json").json["holders"] == []
    assert [row["state"] for row in run("holders", "list", "--all", "--json").json["holders"]] == ["left"]


def test_a_silent_one_is_declared_dead(rollout: Rollout) -> None:
    row = holder()
    done = run("holders", "declare-dead", str(row.pk), "--how", "switched off", "--actor", "ada", "--json")
    assert (done.code, done.json) == (0, {"holder": row.pk, "state": "declared", "by": "ada", "how": "switched off"})
    assert AuditEvent.objects.get(action="holder.declare_dead").actor == "ada"
    assert not is_complete("scylla-room")


def test_it_says_what_has_to_follow(rollout: Rollout) -> None:
    told = run("holders", "declare-dead", str(holder().pk), "--how", "switched off").out
    assert "counts as lost" in told
    assert "manage.py backfill start --wait`, then `manage.py parity run --wait" in told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("declare-dead", "4711", "--how", "gone"), 1, "there is no holder 4711"),
        (("declare-dead", "seven", "--how", "gone"), 2, "'seven' is not the number of a holder"),
        (("declare-dead", "7", "--how", " "), 2, "say how the process was stopped"),
    ],
)
def test_bad_input_is_named(rollout: Rollout, words: tuple[str, ...], code: int, told: str) -> None:
    refused = run("holders", *words)
    assert told in refused.error
    assert refused.code in (1, code)
