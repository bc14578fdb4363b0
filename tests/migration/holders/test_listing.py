"""What an operator is shown of each process, and told to do about a silent one."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from migration.enums import HolderState
from migration.holders.identity import own_host
from migration.holders.listing import CONTAINER, EARLIER, ELSEWHERE, HERE, Listed, advice, listed
from migration.holders.register import register
from migration.models import Holder, Rollout
from tests.migration.vectors import holder, new_epoch

BOOT = own_host().partition(" ")[0]
OTHER = "00000000-1111-2222-3333-444444444444 pid:[4026531836]"


def silent(**values: object) -> Listed:
    row = holder(acked=1)
    Holder.objects.filter(pk=row.pk).update(seen_at=timezone.now() - timedelta(seconds=61), **values)
    (found,) = (one for one in listed() if one.id == row.pk)
    return found


def test_this_process_is_here_and_on_the_newest_epoch(rollout: Rollout) -> None:
    mine = register("web")
    Holder.objects.filter(pk=mine.holder_id).update(acked_epoch=rollout.epoch)
    (row,) = listed()
    assert (row.where, row.pid, row.slot, row.behind, row.silent) == (HERE, os.getpid(), 0, False, False)
    assert (row.machine, row.backend, row.files_waiting) == (socket.gethostname(), "routed", 0)
    assert advice([row]) == []


def test_one_behind_the_newest_epoch_is_marked(rollout: Rollout) -> None:
    holder(acked=1)
    new_epoch(rollout)
    (row,) = listed()
    assert (row.epoch, row.behind) == (1, True)


def test_what_its_spool_holds_is_told_where_it_can_be_seen(rollout: Rollout, tmp_path: Path) -> None:
    files = tmp_path / "7-7-abc"
    Path(f"{files}.spool").write_text("x" * 120)
    Holder.objects.create(kind="web", host=own_host(), pid=os.getpid(), started=1, slot=1, files=str(files))
    Holder.objects.create(kind="web", host=OTHER, machine="far", pid=7, started=1, slot=2, files=str(files))
    assert [row.files_waiting for row in listed()] == [120, None]


def test_one_whose_files_are_lost_is_told_apart(rollout: Rollout, tmp_path: Path) -> None:
    for number, kind in enumerate(("web", "worker")):
        files = str(tmp_path / f"{number}-1-abc")
        Holder.objects.create(kind=kind, host=own_host(), pid=2**22 + 1 + number, started=1, slot=number, files=files)
    assert [(row.kind, row.proven_dead, row.files_lost) for row in listed()] == [
        ("web", True, True),
        ("worker", True, False),
    ]


def test_only_the_live_unless_all_are_asked_for(rollout: Rollout) -> None:
    rows = [holder(state=state) for state in (HolderState.LEFT, HolderState.LIVE, HolderState.DECLARED)]
    assert [row.id for row in listed()] == [rows[1].pk]
    assert [row.state for row in listed(everyone=True)] == ["left", "live", "declared"]


@pytest.mark.parametrize(
    ("host", "machine", "where"),
    [
        (f"{BOOT} pid:[1]", "web-1", CONTAINER),
        (OTHER, socket.gethostname(), EARLIER),
        (OTHER, "web-2", ELSEWHERE),
    ],
)
def test_where_it_runs(rollout: Rollout, host: str, machine: str, where: str) -> None:
    assert silent(host=host, machine=machine).where == where


def test_what_to_do_about_a_silent_one(rollout: Rollout) -> None:
    row = replace(silent(host=OTHER, machine="web-2"), proven_dead=False, id=7)
    assert advice([row]) == [
        "web 7: silent for 61 s. End it on web-2 (elsewhere): it is then proven dead there. If that is gone: "
        "`manage.py holders declare-dead 7 --how ...`"
    ]
    assert "If no other machine has that name" in advice([replace(row, where=EARLIER)])[0]
    assert "clears it away" in advice([replace(row, proven_dead=True)])[0]
    lost = advice([replace(row, proven_dead=True, files_lost=True)])[0]
    assert "its spool and in-flight file are not to be seen" in lost
    assert lost.endswith("if it is lost, so is what they held: `manage.py holders declare-dead 7 --how ...`")
    stopped = replace(row, where=HERE, pid=4711)
    assert advice([stopped]) == [
        "web 7: silent for 61 s, but process 4711 is there: stopped or hanging. End it with `kill 4711`"
    ]
