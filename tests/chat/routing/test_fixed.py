"""The fixed policies: one way for every request, and a clock slot of the process's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from chat.data import Endpoint, StoreId
from chat.routing.fixed import FixedPolicy
from chat.routing.ports import PolicyHealth

DYNAMODB, SCYLLA = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.mark.parametrize(
    ("backend", "authority", "mirror"),
    [("dynamodb", DYNAMODB, None), ("scylla", SCYLLA, None), ("dual", DYNAMODB, SCYLLA)],
)
def test_where_each_backend_sends_requests(
    backend: str, authority: StoreId, mirror: StoreId | None, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    policy = FixedPolicy.for_backend(backend)
    with policy.admit_write() as write, policy.admit_read(Endpoint.LATEST_COMMENTS, "chat") as read:
        assert (write.epoch, write.authority, write.mirror) == (0, authority, mirror)
        assert (read.epoch, read.store) == (0, authority)
    following = frozenset({mirror} if mirror else ())
    assert policy.health() == PolicyHealth(0, answering=frozenset({authority}), following=following)
    policy.close()


def test_two_processes_do_not_share_a_slot(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    first, second = FixedPolicy.for_backend("dynamodb"), FixedPolicy.for_backend("dynamodb")
    assert {first.next_instant() % 100, second.next_instant() % 100} == {0, 1}
    first.close()
    second.close()
