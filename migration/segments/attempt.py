"""One attempt at a segment by one worker: claimed, walked, and its row left as the next worker needs it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from chat.exceptions import StoreError
from migration.enums import RunState
from migration.exceptions import LostLease
from migration.flags.freeze import frozen
from migration.models import Segment
from migration.segments.lease import Lease, claim, fail, release

log = structlog.get_logger(__name__)

FROZEN_SECONDS = 5.0
"""How often a worker asks whether a freeze is over."""

Walk = Callable[[Segment, Lease], bool]
"""Works on a segment; True when it is at its end and finished, False when it stopped between two pages."""


def attempt(segment_id: int, walk: Walk) -> float | None:
    """The seconds until the segment should be queued again. None: not by this worker (done, set aside, another's,
    paused: whoever resumes the run wakes workers for it).

    Errors of stores are kept on the row; anything else is kept there and raised.
    """
    if frozen() is not None:
        return FROZEN_SECONDS
    lease = claim(segment_id)
    if lease is None:
        return None
    try:
        return _walk(lease, walk)
    except LostLease as error:
        # Whoever took over does it all again: nothing of this attempt counts (protocol C1).
        log.warning("lease_lost", segment=segment_id, error=str(error), exc_info=error.__context__)
        return None


def _walk(lease: Lease, walk: Walk) -> float | None:
    try:
        done = walk(Segment.objects.select_related("run").get(pk=lease.segment_id), lease)
    except LostLease:
        raise
    except StoreError as error:
        log.warning("segment_failed", segment=lease.segment_id, error=str(error))
        return fail(lease, str(error))
    except Exception as error:
        # A fault of ours: counted like any other failure, so that it cannot be retried for ever.
        fail(lease, f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        # Ctrl-C, or a worker that is told to stop: the segment is none the worse for it.
        release(lease)
        raise
    if done:
        return None
    release(lease)
    return _again(lease)


def _again(lease: Lease) -> float | None:
    if frozen() is not None:
        return FROZEN_SECONDS
    running = Segment.objects.filter(pk=lease.segment_id, run__state=RunState.RUNNING).exists()
    return 0.0 if running else None
