"""How the ends of a move become the exit codes of a command (see `chat.management.base`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from chat.management.base import REFUSED, WAITING
from migration.exceptions import (
    ApprovalNeeded,
    IllegalMove,
    LostRace,
    NotAllowed,
    Refused,
    StillWaiting,
    TakenOn,
)
from migration.management.interrupts import as_interrupts
from migration.models import Transition


@contextmanager
def as_exit_codes() -> Iterator[None]:
    try:
        with as_interrupts():
            yield
    except (IllegalMove, LostRace, NotAllowed) as error:
        raise CommandError(str(error), returncode=REFUSED) from error
    except Transition.DoesNotExist as error:
        raise CommandError("there is no such transition: `manage.py route status`", returncode=REFUSED) from error
    except Refused as error:
        reasons = "\n".join(f"  - {reason}" for reason in error.reasons)
        raise CommandError(f"refused, nothing has changed:\n{reasons}", returncode=REFUSED) from error
    except (StillWaiting, ApprovalNeeded, TakenOn) as error:
        raise CommandError(str(error), returncode=WAITING) from error
    except KeyboardInterrupt as error:
        raise CommandError("interrupted: see `manage.py route status`", returncode=REFUSED) from error
