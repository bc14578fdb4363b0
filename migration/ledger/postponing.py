"""What becomes of an entry that could not be paid: tried later, or left to the operator."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone

from chat.conf import env
from chat.exceptions import MirrorConflict, StoreError, StoreUnavailable
from migration.enums import DebtState
from migration.ledger.closing import change
from migration.models import Debt

log = structlog.get_logger(__name__)

FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 60.0


def postpone(entry: Debt, error: Exception, *, counted: bool = True) -> None:
    """Backs off, doubling up to a minute; after LEDGER_MAX_ATTEMPTS the entry is failed, visible and blocking.

    Left alone where its state is no longer the one that was read. Not `counted`: tried before it was due. A hold tries
    many times a second, and would use up all attempts in one short outage of the store.
    """
    attempts = entry.attempts + counted
    state = _state_after(entry, error, attempts)
    wait = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(entry.attempts, 10))
    postponed = change(
        entry,
        state=state,
        attempts=attempts,
        last_error=reason_of(error),
        next_try_at=timezone.now() + timedelta(seconds=wait),
    )
    if not postponed:
        # Paid, or told by its request that it was acknowledged: what is written there now is newer than our try.
        log.info("debt_changed_meanwhile", debt=entry.pk, error=reason_of(error))
        return
    log.warning("debt_postponed", debt=entry.pk, state=state, attempts=attempts, error=reason_of(error))


def _state_after(entry: Debt, error: Exception, attempts: int) -> str:
    if isinstance(error, MirrorConflict):
        return DebtState.CONFLICT
    # An unsettled one stays so, tried for ever: given up, nobody could tell that its holder may not have it at all. And
    # a store that is away says nothing about the entry: however long the outage, it is paid when the store is back.
    endless = entry.state == DebtState.UNSETTLED or isinstance(error, StoreUnavailable)
    given_up = attempts >= env().ledger_max_attempts and not endless
    return DebtState.FAILED if given_up else entry.state


def reason_of(error: Exception) -> str:
    kind = "" if isinstance(error, StoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}"[:500]
