"""Connections of commands go where the settings say."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from chat.management.engines import cql_session, dynamodb_client
from chatproject.env import BASE_DIR


def test_the_dynamodb_client_goes_to_the_endpoint_of_the_settings(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"dynamodb_endpoint_url": "http://127.0.0.1:9", "aws_region": "eu-x"})
    client: Any = dynamodb_client()
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:9", "eu-x")
    assert client.meta.config.read_timeout == settings.ENV.worker_timeout_seconds


def test_the_cql_session_is_bound_to_no_keyspace_since_there_may_be_none_yet() -> None:
    session = cql_session()
    assert session.keyspace is None
    assert session.execute("SELECT key FROM system.local").one() == {"key": "local"}


def test_a_process_that_used_cql_ends_at_once() -> None:
    """Left to itself, the driver keeps it for five seconds more."""
    code = "import django; django.setup(); from chat.management import engines; engines.cql_session(); print('end')"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=BASE_DIR, stdout=subprocess.PIPE, bufsize=0)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"end\n"
        ending = time.monotonic()
        assert process.wait(timeout=30) == 0
    assert time.monotonic() - ending < 3
