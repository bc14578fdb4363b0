"""Each end of a move has one exit code, and no stack trace."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from migration.exceptions import ApprovalNeeded, IllegalMove, LostRace, NotAllowed, Refused, StillWaiting, TakenOn
from migration.management.outcomes import as_exit_codes
from migration.models import Transition

ENDS = [
    (IllegalMove("no"), 1, "no"),
    (LostRace("no"), 1, "no"),
    (NotAllowed("no"), 1, "no"),
    (Transition.DoesNotExist(), 1, "there is no such transition: `manage.py route status`"),
    (Refused(["one", "two"]), 1, "refused, nothing has changed:\n  - one\n  - two"),
    (StillWaiting("not yet"), 4, "not yet"),
    (TakenOn("not mine"), 4, "not mine"),
    (ApprovalNeeded(3), 4, "waiting for approval: another person runs `manage.py route approve 3`"),
    (KeyboardInterrupt(), 1, "interrupted: see `manage.py route status`"),
]


@pytest.mark.parametrize(("end", "code", "words"), ENDS, ids=lambda value: type(value).__name__)
def test_an_end_and_its_code(end: BaseException, code: int, words: str) -> None:
    with pytest.raises(CommandError) as caught, as_exit_codes():
        raise end
    assert (caught.value.returncode, str(caught.value)) == (code, words)


def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), as_exit_codes():
        raise ZeroDivisionError
