"""Proof that a holder of this host died (protocol F9). A silent holder elsewhere is never assumed dead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from migration.enums import HolderState
from migration.holders.identity import Identity, own_host, proven_dead
from migration.models import Holder

log = structlog.get_logger(__name__)


BeforeBurial = Callable[[Path], bool]
before_burial: list[BeforeBurial] = []
"""Called with the path of a dead holder's files; true once they are empty. What they hold must be in the ledger before
the holder counts as dead, or a move would take the ledger for complete (protocol F3, W6). Filled when the app is ready:
the ledger is built upon holders, not the other way round."""


def bury_proven_dead() -> int:
    """Empties the files of the dead of this host and marks them; how many."""
    buried = 0
    for holder in Holder.objects.filter(state=HolderState.LIVE, host=own_host()):
        if proven_dead(Identity(host=holder.host, pid=holder.pid, started=holder.started)):
            if not _emptied(holder):
                continue
            changed = Holder.objects.filter(pk=holder.pk, state=HolderState.LIVE).update(state=HolderState.DEAD)
            if changed:
                log.warning("holder_proven_dead", holder=holder.pk, kind=holder.kind, pid=holder.pid)
            buried += changed
    return buried


def _emptied(holder: Holder) -> bool:
    """False leaves the holder for the next look: another process empties its files now, or they cannot be read."""
    try:
        return not holder.files or all(empty(Path(holder.files)) for empty in before_burial)
    except OSError as error:
        log.error("holder_files_unreadable", holder=holder.pk, files=holder.files, error=str(error))
        return False
