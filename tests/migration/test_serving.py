"""What the chat service is given: one recorder for each process, and a policy that looks at the same one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.data import StoreId
from migration.ledger.files import close_files
from migration.ledger.quick import QuickLedger
from migration.models import Debt, Holder, Rollout
from migration.serving import make_policy, make_recorder
from tests.migration.bed import comment
from tests.migration.vectors import new_epoch, rollout

__all__ = ["rollout"]


@pytest.fixture(autouse=True)
def _own_folder(rollout: Rollout, settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.VAR_DIR = tmp_path
    close_files()
    yield
    make_recorder().close()
    close_files()


def test_a_process_has_one_recorder() -> None:
    assert make_recorder() is make_recorder()


def test_a_process_confirms_no_epoch_and_does_not_leave_while_something_is_spooled(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flip that it had confirmed would take the ledger for complete (protocol F4)."""
    recorder, policy = make_recorder(), make_policy()
    recorder._tidier.stop()
    monkeypatch.setattr(QuickLedger, "keep", lambda *_: False)
    recorder.owed(comment(1), holder=StoreId.DYNAMODB, owed=StoreId.SCYLLA_ROOM, cause="away")
    epoch = new_epoch(rollout)
    policy.poll()
    assert Holder.objects.get().acked_epoch < epoch
    recorder.tidy()
    assert Debt.objects.count() == 1
    policy.poll()
    assert Holder.objects.get().acked_epoch == epoch

    recorder.owed(comment(2), holder=StoreId.DYNAMODB, owed=StoreId.SCYLLA_ROOM, cause="away")
    policy.close()
    assert Holder.objects.get().state == "live"


def test_the_policy_reads_indebted_rooms_as_the_recorder_knows_them() -> None:
    recorder, policy = make_recorder(), make_policy()
    recorder.owed(comment(1), holder=StoreId.SCYLLA_ROOM, owed=StoreId.DYNAMODB, cause="away")
    assert policy._books.owes(StoreId.DYNAMODB, "chat")
    policy.close()
