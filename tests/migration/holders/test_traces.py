"""Files that were emptied are told apart from files that were lost (protocol W6, F9)."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from migration.enums import HolderState, Phase
from migration.exceptions import Refused
from migration.holders.dead import bury_proven_dead
from migration.holders.declaring import declare_dead
from migration.holders.identity import own_host
from migration.holders.traces import KEPT_SECONDS, are_lost, forget_witnesses, leave_witness
from migration.models import Holder, Rollout
from tests.migration.vectors import is_complete, stand

NOBODY = 2**22 + 1
"""Above the highest process id Linux gives."""


def dead(files: Path | str, *, kind: str = "web") -> Holder:
    return Holder.objects.create(kind=kind, host=own_host(), pid=NOBODY, started=1, slot=1, files=str(files))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "holders").mkdir()
    return tmp_path / "holders" / "7-7-abc"


def state_of(holder: Holder) -> HolderState:
    return HolderState(Holder.objects.get(pk=holder.pk).state)


def test_a_writer_whose_folder_is_gone_stays_for_an_operator(rollout: Rollout, base: Path) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    leave_witness(base)
    gone = dead(base)
    shutil.rmtree(base.parent)
    assert bury_proven_dead() == 0
    assert (state_of(gone), is_complete("scylla-room")) == (HolderState.LIVE, True)
    declare_dead(gone.pk, how="its VAR_DIR was a tmpfs", actor="ada")
    assert (state_of(gone), is_complete("scylla-room")) == (HolderState.DECLARED, False)


def test_when_the_folder_is_back_it_is_proven_dead(rollout: Rollout, base: Path) -> None:
    gone = dead(base)
    assert bury_proven_dead() == 0
    leave_witness(base)
    assert bury_proven_dead() == 1
    with pytest.raises(Refused, match="is not live but proven dead"):
        declare_dead(gone.pk, how="switched off", actor="ada")


@pytest.mark.parametrize("suffix", [".spool", ".inflight"])
def test_files_of_before_there_were_witnesses_count_as_long_as_they_are_there(
    rollout: Rollout, base: Path, suffix: str
) -> None:
    base.with_suffix(suffix).touch()
    assert not are_lost(dead(base))


@pytest.mark.parametrize("kind", ["worker", "push", "command"])
def test_kinds_that_admit_no_comments_have_nothing_to_lose(rollout: Rollout, base: Path, kind: str) -> None:
    gone = dead(base, kind=kind)
    assert bury_proven_dead() == 1
    assert state_of(gone) == HolderState.DEAD


def test_a_witness_is_forgotten_when_nobody_will_ask_for_it(rollout: Rollout, base: Path) -> None:
    def old(name: str) -> Path:
        witnessed = base.with_name(name)
        leave_witness(witnessed)
        before = time.time() - KEPT_SECONDS - 1
        os.utime(witnessed.with_suffix(".witness"), (before, before))
        return witnessed

    old("1-1-old")
    dead(old("2-2-live"))
    old("3-3-open").with_suffix(".spool").touch()
    leave_witness(base)
    assert forget_witnesses(base.parent) == 1
    left = sorted(path.name for path in base.parent.glob("*.witness"))
    assert left == ["2-2-live.witness", "3-3-open.witness", "7-7-abc.witness"]
