"""Which fixed backends can live with which write flags, as a table (protocol F10)."""

from __future__ import annotations

import pytest

from chat.data import StoreId
from chat.routing.fixed import BACKENDS
from chat.routing.ports import WriteRoute
from migration.enums import WriteFlag
from migration.flags.contradictions import contradiction, legal_flags

ROLES = {"source": "dynamodb", "target": "scylla-room"}


@pytest.mark.parametrize(
    ("backend", "legal"),
    [
        ("dynamodb", {WriteFlag.SOURCE}),
        ("dual", {WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR}),
        ("scylla", {WriteFlag.TARGET}),
    ],
)
def test_each_backend_bears_these_flags_and_no_others(backend: str, legal: set[WriteFlag]) -> None:
    assert legal_flags(BACKENDS[backend], **ROLES) == legal
    borne = {flag for flag in WriteFlag if contradiction(backend, BACKENDS[backend], flag, **ROLES) is None}
    assert borne == legal


def test_roles_decide_not_names() -> None:
    """In a rollout the other way the same backend is on the other side."""
    assert legal_flags(BACKENDS["scylla"], source="scylla-room", target="dynamodb") == {WriteFlag.SOURCE}
    assert legal_flags(BACKENDS["dual"], source="scylla-room", target="dynamodb") == {
        WriteFlag.TARGET,
        WriteFlag.TARGET_MIRROR,
    }


@pytest.mark.parametrize(
    "route",
    [
        WriteRoute(epoch=0, authority=StoreId.MEMORY, mirror=None),
        WriteRoute(epoch=0, authority=StoreId.DYNAMODB, mirror=StoreId.MEMORY),
    ],
)
def test_a_store_the_rollout_does_not_know_is_never_right(route: WriteRoute) -> None:
    assert legal_flags(route, **ROLES) == frozenset()


def test_the_sentence_says_what_would_be_right() -> None:
    assert contradiction("scylla", BACKENDS["scylla"], WriteFlag.SOURCE, **ROLES) == (
        "DB_BACKEND=scylla contradicts the rollout from dynamodb to scylla-room: writes go by 'source', and it is "
        "right only for: target. Use DB_BACKEND=routed until the rollout is over"
    )
