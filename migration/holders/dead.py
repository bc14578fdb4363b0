"""Proof that a holder of this host died (protocol F9). A silent holder elsewhere is never assumed dead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog
from django.db import connections

from migration.enums import HolderState
from migration.holders.identity import Identity, of_another_boot, proven_dead
from migration.holders.traces import are_lost
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
    for holder in Holder.objects.filter(state=HolderState.LIVE):
        if is_proven_dead(holder):
            if not _emptied(holder):
                continue
            changed = Holder.objects.filter(pk=holder.pk, state=HolderState.LIVE).update(state=HolderState.DEAD)
            if changed:
                log.warning("holder_proven_dead", holder=holder.pk, kind=holder.kind, pid=holder.pid)
            buried += changed
    return buried


def is_proven_dead(holder: Holder) -> bool:
    """Nothing lives under its identity on this host; or its host was started anew, where there is only this one.

    A name or an id of the machine would be no proof: containers of one image and clones of one disk share them. But
    SQLite's log does not work across machines, so whoever registered in such a database did so on this one, and a
    start of the machine ends all its processes. On PostgreSQL a holder of an earlier start is for the operator.
    """
    who = Identity(host=holder.host, pid=holder.pid, started=holder.started)
    return proven_dead(who) or (serves_one_host() and of_another_boot(who))


def serves_one_host() -> bool:
    return connections["default"].vendor == "sqlite"


def _emptied(holder: Holder) -> bool:
    """False leaves the holder for the next look: another process empties its files now, or they cannot be read; or for
    an operator, where they are gone and nobody noted what became of them (protocol W6)."""
    try:
        if are_lost(holder):
            log.error("holder_files_lost", holder=holder.pk, files=holder.files)
            return False
        return not holder.files or all(empty(Path(holder.files)) for empty in before_burial)
    except OSError as error:
        log.error("holder_files_unreadable", holder=holder.pk, files=holder.files, error=str(error))
        return False
