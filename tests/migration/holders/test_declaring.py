"""Declaring a silent process dead takes a statement, and costs every store but the authority its completeness (F9)."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from django.db import transaction

from migration.enums import HolderState, Phase, RunKind, RunState, SegmentState, Way
from migration.exceptions import Refused
from migration.holders import declaring as module
from migration.holders.declaring import authority_of, declare_dead
from migration.holders.identity import own_host
from migration.holders.register import register
from migration.models import AuditEvent, Holder, Rollout, Run, Segment, StoreState
from migration.segments.completing import complete_by_parity
from migration.segments.steering import resume
from tests.migration.vectors import hold, holder, is_complete, stand

HOW = "its machine was switched off, ticket 42"


def declare(silent: Holder) -> Holder:
    return declare_dead(silent.pk, how=HOW, actor="ada")


def run_of(kind: RunKind, state: RunState) -> Run:
    return Run.objects.create(kind=kind, state=state, source="dynamodb", target="scylla-room", epoch=1)


def test_the_statement_is_kept_on_the_row_and_in_the_audit(rollout: Rollout) -> None:
    silent = holder(acked=3)
    declared = declare(silent)
    assert (declared.state, declared.declared_by, declared.declared_how) == (HolderState.DECLARED, "ada", HOW)
    assert declared.declared_at is not None
    event = AuditEvent.objects.get(action="holder.declare_dead")
    assert (event.actor, event.subject, event.reason) == ("ada", str(silent), HOW)
    assert event.before["epoch"] == 3


@pytest.mark.parametrize(
    ("write", "lost", "kept"),
    [(Phase.DUAL, "scylla-room", "dynamodb"), (Phase.CUTOVER, "dynamodb", "scylla-room")],
)
def test_only_the_authority_stays_complete(rollout: Rollout, write: Phase, lost: str, kept: str) -> None:
    stand(rollout, write=write, reads=Phase.CUTOVER)
    StoreState.objects.update(complete=True)
    silent = holder()
    declare(silent)
    assert (is_complete(lost), is_complete(kept)) == (False, True)
    evidence = StoreState.objects.get(store=lost).evidence
    assert evidence == {
        "voided_by": f"holder {silent.pk} was declared dead",
        "epoch": rollout.epoch,
        "holder": silent.pk,
    }
    assert AuditEvent.objects.get(action="holder.declare_dead").after["voided"] == [lost]


def test_in_a_hold_the_authority_is_the_one_from_before(rollout: Rollout) -> None:
    hold(rollout)
    assert authority_of(rollout) == "dynamodb"


def test_runs_under_way_prove_nothing_any_more(rollout: Rollout) -> None:
    """What they have walked over already may still get the late write."""
    running, done = run_of(RunKind.BACKFILL, RunState.RUNNING), run_of(RunKind.PARITY, RunState.DONE)
    census = run_of(RunKind.CENSUS, RunState.RUNNING)
    leased = Segment.objects.create(run=running, number=0, state=SegmentState.LEASED, fence=3)
    silent = holder()
    declare(silent)
    for row in (running, done, census, leased):
        row.refresh_from_db()
    assert (running.state, done.state, census.state) == (RunState.CANCELLED, RunState.DONE, RunState.RUNNING)
    assert running.error == f"holder {silent.pk} was declared dead while it ran: start a new one"
    assert running.finished_at is not None
    # Its worker can neither move the cursor nor count (protocol C1).
    assert (leased.state, leased.fence) == (SegmentState.CANCELLED, 4)


@pytest.mark.parametrize("kind", [RunKind.BACKFILL, RunKind.PARITY])
def test_a_run_that_failed_before_cannot_be_resumed_over_it(rollout: Rollout, kind: RunKind) -> None:
    """It would go on where it stopped, and make its store complete without what was missed behind it."""
    run = run_of(kind, RunState.FAILED)
    Run.objects.update(error="1 segment was set aside")
    Segment.objects.create(run=run, number=0, state=SegmentState.FAILED)
    silent = holder()
    declare(silent)
    why = f"holder {silent.pk} was declared dead after it failed: start a new one. 1 segment was set aside"
    with pytest.raises(Refused, match=f"run {run.pk} is cancelled: {why}"):
        resume(run.pk, actor="ada", reason="go on")
    assert Run.objects.get().state == RunState.CANCELLED


def test_a_reverse_backfill_that_had_ended_is_not_proven_by_a_parity_any_more(rollout: Rollout) -> None:
    """The source was not complete, so it was not voided as such. Where it stopped being written is still known."""
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    stopped = {"voided_by": "epoch 1 stopped writing it", "epoch": 1, "stopped_us": 5}
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence=stopped)
    ends = {"source": "scylla-room", "target": "dynamodb", "epoch": 1}
    filled = Run.objects.create(
        kind=RunKind.BACKFILL, way=Way.REVERSE, state=RunState.DONE, target_evidence=stopped, **ends
    )
    parity = run_of(RunKind.PARITY, RunState.DONE)
    parity.follows = filled
    declare(holder())
    with transaction.atomic():
        assert not complete_by_parity(parity)
    assert not is_complete("dynamodb")
    assert StoreState.objects.get(store="dynamodb").evidence["stopped_us"] == 5


def test_a_process_of_this_host_that_lives_is_not_declared_dead(rollout: Rollout) -> None:
    mine = Holder.objects.get(pk=register("web").holder_id)
    with pytest.raises(Refused, match=rf"process {os.getpid()} lives on this very host. Stop it \(`kill"):
        declare(mine)
    mine.refresh_from_db()
    assert mine.state == HolderState.LIVE


def test_one_that_is_proven_dead_needs_no_statement(rollout: Rollout) -> None:
    gone = Holder.objects.create(kind="web", host=own_host(), pid=2**22 + 1, started=1, slot=5)
    StoreState.objects.update(complete=True)
    with pytest.raises(Refused, match="is not live but proven dead"):
        declare(gone)
    assert is_complete("scylla-room")


def test_one_whose_files_cannot_be_read_may_be_declared(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven dead, but its spool is lost: that counts as a death without a proof (protocol W6)."""
    gone = Holder.objects.create(kind="web", host=own_host(), pid=2**22 + 1, started=1, slot=5)
    monkeypatch.setattr(module, "bury_proven_dead", lambda: 0)
    assert declare(gone).state == HolderState.DECLARED


@pytest.mark.parametrize("state", [HolderState.LEFT, HolderState.DEAD, HolderState.DECLARED])
def test_only_a_live_one_can_be_declared(rollout: Rollout, state: HolderState) -> None:
    closed = holder(state=state)
    with pytest.raises(Refused, match=f"holder {closed.pk} is not live but"):
        declare(closed)


def test_an_unknown_one_is_named(rollout: Rollout) -> None:
    with pytest.raises(Refused, match="there is no holder 4711"):
        declare_dead(4711, how=HOW, actor="ada")


def test_without_a_statement_nothing_is_declared(rollout: Rollout) -> None:
    silent = holder()
    with pytest.raises(Refused, match="say how"):
        declare_dead(silent.pk, how="  ", actor="ada")


def test_one_that_leaves_at_that_moment_voids_nothing(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = holder()
    StoreState.objects.update(complete=True)
    look: Callable[[int], Holder] = module._declarable

    def then_it_leaves(holder_id: int) -> Holder:
        found = look(holder_id)
        Holder.objects.update(state=HolderState.LEFT)
        return found

    monkeypatch.setattr(module, "_declarable", then_it_leaves)
    with pytest.raises(Refused, match="has left or died meanwhile"):
        declare(silent)
    assert is_complete("scylla-room")
