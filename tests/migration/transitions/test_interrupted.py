"""Ctrl-C in the middle of a statement leaves a connection that takes no other; the move is ended on a new one."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.db import connections

from chat.data import Endpoint
from migration.enums import Phase, Step, WriteFlag
from migration.models import Rollout, Transition
from migration.transitions import hold, moving
from migration.transitions.moving import carry_out
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import LATEST, POST, stand, wish, write_flag


def interrupt() -> None:
    """The driver's own connection is of no use, and Django does not know."""
    driver: Any = connections["default"].connection
    driver.close()
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("endpoint", "module", "function", "detail"),
    [
        (POST, hold, "await_confirmation", "interrupted"),
        (LATEST, moving, "flip", "interrupted; nothing had changed"),
    ],
)
def test_the_move_is_ended_at_once(
    rollout: Rollout, inject: Inject, endpoint: Endpoint, module: ModuleType, function: str, detail: str
) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, function, interrupt)
    with pytest.raises(KeyboardInterrupt):
        carry_out(wish(endpoint, "advance" if endpoint is POST else "rollback"), wait=5)
    left = Transition.objects.get()
    assert (left.step, left.detail, write_flag()) == (Step.ABORTED, detail, WriteFlag.SOURCE_MIRROR)
    assert not Rollout.objects.get().moving
