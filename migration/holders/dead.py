"""Proof that a holder of this host died (protocol F9). A silent holder elsewhere is never assumed dead."""

from __future__ import annotations

import structlog

from migration.enums import HolderState
from migration.holders.identity import Identity, own_host, proven_dead
from migration.models import Holder

log = structlog.get_logger(__name__)


def bury_proven_dead() -> int:
    """Marks the dead of this host; how many."""
    buried = 0
    for holder in Holder.objects.filter(state=HolderState.LIVE, host=own_host()):
        if proven_dead(Identity(host=holder.host, pid=holder.pid, started=holder.started)):
            changed = Holder.objects.filter(pk=holder.pk, state=HolderState.LIVE).update(state=HolderState.DEAD)
            if changed:
                log.warning("holder_proven_dead", holder=holder.pk, kind=holder.kind, pid=holder.pid)
            buried += changed
    return buried
