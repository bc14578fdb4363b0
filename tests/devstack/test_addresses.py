"""The variables by which the application finds the engines."""

from __future__ import annotations

import subprocess

from devstack.addresses import build_addresses, format_exports


def test_every_engine_gets_the_variables_the_application_reads() -> None:
    assert build_addresses({"dynamodb": 8001, "cassandra": 9043, "redis": 6380}, {}) == {
        "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:8001",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "SCYLLA_CONTACT_POINTS": "127.0.0.1",
        "SCYLLA_PORT": "9043",
        "SCYLLA_LOCAL_DC": "datacenter1",
        "REDIS_URL": "redis://127.0.0.1:6380/0",
        "WEB_URL": "http://127.0.0.1:8080",
        "EVENTS_URL": "http://127.0.0.1:8081",
    }


def test_web_and_push_stand_where_their_variables_say() -> None:
    assert build_addresses({}, {"WEB_PORT": "9000", "EVENTS_PORT": "9001"}) == {
        "WEB_URL": "http://127.0.0.1:9000",
        "EVENTS_URL": "http://127.0.0.1:9001",
    }


def test_a_shell_reads_back_exactly_what_was_exported() -> None:
    awkward = 'it\'s $HOME; `id` "x" é'

    exports = format_exports({"FIRST": awkward, "SECOND": "plain"})
    shell = subprocess.run(
        ["sh", "-c", f'{exports}\nprintf "%s|%s" "$FIRST" "$SECOND"'],
        check=True,
        capture_output=True,
        text=True,
    )

    assert shell.stdout == f"{awkward}|plain"
