"""Settings from the environment: lists, defaults, and clear refusals."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chatproject.env import Env


def make(**given: Any) -> Env:
    """Without the tree's own `.env`. Untyped: the generated signature does not know `_env_file`."""
    build: Any = Env
    made: Env = build(_env_file=None, **given)
    return made


def test_lists_are_given_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCYLLA_CONTACT_POINTS", "10.0.0.1, 10.0.0.2")
    assert make().scylla_contact_points == ["10.0.0.1", "10.0.0.2"]


def test_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_ENDPOINT_URL", "")
    monkeypatch.setenv("SCYLLA_PORT", "")
    assert (make().dynamodb_endpoint_url, make().scylla_port) == (None, 9042)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_BACKEND", "cassandra"),
        ("SCYLLA_PORT", "99999"),
        ("KEYSPACE", "chat-app; DROP KEYSPACE x"),
        ("SCYLLA_REPLICATION", "three"),
        ("RAMP_PERCENT_DEFAULT", "101"),
        ("PARITY_HORIZON_SECONDS", "59"),
        ("REQUEST_TIMEOUT_SECONDS", "0"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refusal:
        make()
    assert [error["loc"][0] for error in refusal.value.errors()] == [name.lower()]


def test_secrets_stay_out_of_what_is_printed() -> None:
    shown = repr(make(secret_key="hush-hush", scylla_password="hush-hush"))
    assert "hush-hush" not in shown


def test_control_database_is_a_file_under_var_unless_given() -> None:
    assert make(var_dir="/srv/chat").control_database_url == "sqlite:////srv/chat/control.sqlite3"
    assert make(database_url="postgres://u@h/d").control_database_url == "postgres://u@h/d"
