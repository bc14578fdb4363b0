import pytest

from migration.rehearsal.checker.addresses import (
    CqlAddress,
    DynamoAddress,
    read_cql_address,
    read_dynamo_address,
)
from migration.rehearsal.checker.errors import EvidenceInvalid


def test_the_defaults_are_those_of_the_contract() -> None:
    assert read_dynamo_address({}) == DynamoAddress(endpoint=None, table="chat")
    assert read_cql_address({}) == CqlAddress(("127.0.0.1",), 9042, "datacenter1", "chat_app")


def test_every_variable_is_taken() -> None:
    environ = {
        "SCYLLA_CONTACT_POINTS": "a.example, b.example",
        "SCYLLA_PORT": "19042",
        "SCYLLA_LOCAL_DC": "eu",
        "KEYSPACE": "other",
        "SCYLLA_USERNAME": "u",
        "SCYLLA_PASSWORD": "p",
        "SCYLLA_TLS_CA": "/ca.pem",
    }
    assert read_cql_address(environ) == CqlAddress(
        ("a.example", "b.example"), 19042, "eu", "other", "u", "p", "/ca.pem"
    )


@pytest.mark.parametrize(
    ("environ", "named"),
    [({"KEYSPACE": "a; DROP"}, "KEYSPACE='a; DROP'"), ({"SCYLLA_PORT": "x"}, "SCYLLA_PORT='x'")],
)
def test_an_unusable_variable_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(EvidenceInvalid, match=named):
        read_cql_address(environ)


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://127.0.0.1.example.org", False),
        ("http://10.0.0.1:8000", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_only_loopback_is_local(endpoint: str | None, local: bool) -> None:
    assert DynamoAddress(endpoint, "chat").is_local() is local


def test_one_contact_point_elsewhere_makes_a_cluster_not_local() -> None:
    assert CqlAddress(("127.0.0.1", "::1"), 9042, "d", "k").is_local()
    assert not CqlAddress(("127.0.0.1", "db.example"), 9042, "d", "k").is_local()
