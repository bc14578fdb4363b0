"""What counts as an answer of DynamoDB Local, and where it keeps its tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from devstack.dynamodb import DynamoDB
from devstack.engine import Launch, NotReady
from devstack.places import Places


@contextmanager
def serve(status: int, body: bytes) -> Iterator[int]:
    """A web server that is not DynamoDB."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join(5)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"{}", "ListTables answered {}"),
        (200, b"<html>", "ListTables failed"),
        (500, b'{"TableNames": []}', "ListTables failed: HTTP Error 500"),
    ],
)
def test_an_answer_that_lists_no_tables_means_not_ready(status: int, body: bytes, reason: str) -> None:
    with serve(status, body) as port, pytest.raises(NotReady, match=reason):
        DynamoDB().probe(port)


def test_tables_are_kept_on_disk_unless_memory_was_asked_for(tmp_path: Path) -> None:
    places = Places(var=tmp_path, lib=tmp_path / "lib")

    on_disk = DynamoDB().build_command(places, Launch(port=8000))
    in_memory = DynamoDB().build_command(places, Launch(port=8000, in_memory=True))

    assert on_disk[on_disk.index("-dbPath") + 1] == str(tmp_path / "dynamodb")
    assert "-inMemory" not in on_disk
    assert "-inMemory" in in_memory
    assert "-dbPath" not in in_memory
