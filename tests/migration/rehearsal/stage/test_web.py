"""Ports and readiness of the rehearsal's web processes."""

from __future__ import annotations

import socket

import pytest

from migration.rehearsal.stage.web import NotReady, await_ready, free_port


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 100


def test_a_service_that_never_answers_is_told_with_the_last_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    with pytest.raises(NotReady, match="Connection refused"):
        await_ready(port, seconds=0.3)
