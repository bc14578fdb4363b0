"""A store's deadlines follow from what it is used for."""

from __future__ import annotations

from pytest_django import Settings

from chat.conf import Role, deadlines, env
from chat.stores.base import Deadlines


def test_a_mirror_is_given_up_soonest_and_a_worker_waits_longest(settings: Settings) -> None:
    settings.ENV = env().model_copy(
        update={
            "connect_timeout_seconds": 2.0,
            "request_timeout_seconds": 3.0,
            "mirror_timeout_seconds": 1.0,
            "worker_timeout_seconds": 10.0,
        }
    )
    assert deadlines(Role.SERVE) == Deadlines(connect=2.0, request=3.0)
    # Connecting is part of the request: it never gets more time than the whole.
    assert deadlines(Role.MIRROR) == Deadlines(connect=1.0, request=1.0)
    assert deadlines(Role.WORKER) == Deadlines(connect=2.0, request=10.0)
