from __future__ import annotations

import pytest

from bench.loopback import NotLoopback, check, is_loopback
from chatproject.env import Env


def env(**changes: object) -> Env:
    local = {
        "dynamodb_endpoint_url": "http://127.0.0.1:8000",
        "scylla_contact_points": ["127.0.0.1"],
        "redis_url": "redis://localhost:6379/0",
    }
    return Env().model_copy(update=local | changes)


def test_engines_of_this_machine_are_fine() -> None:
    check(env())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_an_address_of_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "scylla.internal", "localhost.example", "", None])
def test_any_other_is_not(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dynamodb_endpoint_url": None}, r"DYNAMODB_ENDPOINT_URL \(not set, which means the cloud\)"),
        ({"dynamodb_endpoint_url": "https://dynamodb.example"}, r"DYNAMODB_ENDPOINT_URL \(dynamodb\.example\)"),
        ({"scylla_contact_points": ["127.0.0.1", "10.1.2.3"]}, r"SCYLLA_CONTACT_POINTS \(10\.1\.2\.3\)"),
        ({"redis_url": "redis://:secret@cache.example/0"}, r"REDIS_URL \(cache\.example\)"),
    ],
)
def test_an_engine_elsewhere_is_refused_by_name_and_without_its_password(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(NotLoopback, match=named) as refused:
        check(env(**changes))

    assert "secret" not in str(refused.value)
