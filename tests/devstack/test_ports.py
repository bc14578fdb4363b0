"""Free ports, and who holds the others."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from devstack import ports
from devstack.faults import DevstackError


@pytest.fixture
def held() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free_until_he_stops() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_a_port_held_on_ipv6_is_not_free() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_port_with_only_old_connections_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        # The server's side closes first: its port stays in TIME_WAIT for a minute.
        accepted.close()
        client.close()
    assert ports.is_free(port)


def test_the_next_free_port_is_taken_past_held_and_promised_ones(held: int) -> None:
    promised = ports.find_free(held + 1)

    assert ports.find_free(held, avoid={promised}) == ports.find_free(promised + 1)


def test_no_free_port_is_an_error_that_says_where_it_looked() -> None:
    with pytest.raises(DevstackError, match="No free port from 65535 on"):
        ports.find_free(65535, avoid={65535})


def test_the_holder_of_a_port_is_named_with_its_command(held: int) -> None:
    holder = ports.find_holder(held)

    assert holder is not None
    assert holder.pid == os.getpid()
    assert str(holder).startswith(f"pid {os.getpid()} (")
    assert "python" in holder.command


def test_a_free_port_has_no_holder(held: int) -> None:
    assert ports.find_holder(ports.find_free(held + 1)) is None


def test_only_the_process_that_listens_counts_as_listening(held: int) -> None:
    assert ports.is_listening(os.getpid(), held)
    assert not ports.is_listening(os.getppid(), held)
    assert not ports.is_listening(os.getpid(), ports.find_free(held + 1))
