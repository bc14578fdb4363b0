"""The newest epoch any process of this host acted under, on disk: an older one is a restored database."""

from __future__ import annotations

import fcntl
import os
from hashlib import blake2b
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from chat.exceptions import NotServing
from migration.models import Rollout

log = structlog.get_logger(__name__)

WIDTH = 20
"""Digits: each mark replaces the one before in one write of the same length, so none is ever torn."""


class HighWater:
    """One file for each control database, in VAR_DIR; shared by the processes of this host."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = 0

    def epoch(self) -> int:
        """0 where there is no mark. Look here before you look at the database: a mark never runs ahead of it."""
        try:
            text = self.path.read_text().strip()
        except FileNotFoundError:
            return 0
        return int(text) if text.isdigit() else 0

    def refuse_older(self) -> None:
        """Raises `NotServing` when the database's epoch is below the mark; its errors pass through."""
        seen = self.epoch()
        found = Rollout.objects.filter(active=True).values_list("epoch", flat=True).first()
        if found is not None and found < seen:
            raise NotServing(older(found, seen))

    def raise_to(self, epoch: int) -> None:
        """Durable when it returns: call it before anything is done under `epoch`.

        The first epoch needs no mark, as nothing is older. A disk that takes no mark stops nobody: the mark is a second
        net beneath the memory of each process, and a move that no process could follow would be worse.
        """
        if epoch <= max(self._known, 1):
            return
        try:
            self._write(epoch)
        except OSError as error:
            log.error("epoch_not_marked", path=str(self.path), epoch=epoch, error=str(error))
            return
        self._known = epoch

    def _write(self, epoch: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Of two processes that raise it at once, neither may put the lower number over the higher one.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self.epoch() < epoch:
                os.pwrite(descriptor, f"{epoch:0{WIDTH}d}\n".encode(), 0)
                os.fsync(descriptor)
                _sync_folder(self.path.parent)
        finally:
            os.close(descriptor)


def older(epoch: int, seen: int) -> str:
    """For the operator."""
    return (
        f"the control database is on epoch {epoch}, but epoch {seen} was acted under already: an older copy was "
        f"restored. Restore the newest one, or stop every process and run `manage.py route restored --above {seen} "
        "--authority STORE --reason ...`"
    )


def high_water() -> HighWater:
    """Of this process's control database, by its name and by when it was first made: a restored copy has the same,
    one that was made anew is another one. Asks the database; its errors pass through."""
    made = MigrationRecorder.Migration.objects.filter(app="migration").order_by("applied").values_list("applied")
    rollout = Rollout.objects.filter(active=True).values_list("pk").first()
    # Not by its address: a copy is often restored on another server.
    name = f"{connections['default'].settings_dict['NAME']} {made.first()} {rollout}"
    folder: Path = settings.VAR_DIR / "epochs"
    return HighWater(folder / blake2b(name.encode(), digest_size=8).hexdigest())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
