"""The API behind the real server: what only the bytes on the wire can show."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat.api.served import OPENING
from tests.serving import WebServer, serving

POST = "/chat/comments/add"
COMMENT = b'{"name": "ann", "comment": "hi"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with serving("tests.chat.api.served:application", directory=tmp_path_factory.mktemp("web")) as started:
        yield started


def ask(server: WebServer, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    connection = server.connect()
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def raw(server: WebServer, request: bytes) -> tuple[int, bytes]:
    """Send bytes that no client library would, and read to the end of the answer."""
    with socket.create_connection((server.host, server.port), timeout=10) as wire:
        wire.sendall(request)
        response = http.client.HTTPResponse(wire)
        response.begin()
        return response.status, response.read()


@pytest.mark.parametrize("path", ["/cut/spool", "/cut/measured"])
def test_an_answer_that_breaks_off_drops_the_connection(server: WebServer, path: str) -> None:
    connection = server.connect()
    connection.request("GET", path)
    # A body that breaks off at once can take the unsent head down with it: no whole answer either way.
    with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)):
        connection.getresponse().read()


def test_a_chunked_answer_that_breaks_off_looks_whole_to_its_client(server: WebServer) -> None:
    # The reason for chat/api/spool.py. When the server learns to drop the connection here too, this fails,
    # and lists can be streamed without a spool.
    connection = server.connect()
    connection.request("GET", "/cut/chunked")
    assert connection.getresponse().read() == OPENING


@pytest.mark.parametrize("path", ["/", "/healthz", "/chat/comments/latest", "/chat/comments/all", "/nothing"])
def test_every_answer_tells_its_length(server: WebServer, path: str) -> None:
    connection = server.connect()
    for method in ("GET", "HEAD", "GET"):  # on one connection: nothing may be left over in between
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        assert response.getheader("Transfer-Encoding") is None
        assert bool(body) is (method == "GET")
        assert method == "HEAD" or response.getheader("Content-Length") == str(len(body))


def test_a_long_list_arrives_whole(server: WebServer) -> None:
    before = len(ask(server, "GET", "/chat/comments/all")[1]["response"])
    text = "x" * 16_000
    for _ in range(100):
        assert ask(server, "POST", POST, json.dumps({"name": "ann", "comment": text}))[0] == 200
    status, body = ask(server, "GET", "/chat/comments/all")
    assert (status, len(body["response"])) == (200, before + 100)


def test_a_chunked_body_is_read(server: WebServer) -> None:
    assert ask(server, "POST", POST, iter([COMMENT[:9], COMMENT[9:]]))[1]["state"] == "Commment add OK"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [65_537, 4 << 20])
def test_an_oversized_body_is_413_in_the_envelope(server: WebServer, chunked: bool, size: int) -> None:
    body = iter([b"x" * 8192] * (size // 8192 + 1)) if chunked else b"x" * size
    status, answer = ask(server, "POST", POST, body)
    assert (status, answer["error"]["code"]) == (413, "body_too_large")


def test_a_client_that_asks_first_is_refused_before_it_sends(server: WebServer) -> None:
    head = b"Host: 127.0.0.1\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n"
    assert raw(server, b"POST %s HTTP/1.1\r\n%s\r\n" % (POST.encode(), head))[0] == 413


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/chat/comments/latest/%ff", 400, "bad_encoding"),
        ("/chat/comments/latest/%E6%99", 400, "bad_encoding"),
        ("/chat/comments/latest/%ed%a0%80", 400, "bad_encoding"),
        ("/chat/comments/latest?x=%zz", 400, "bad_encoding"),
        ("/chat/comments/latest?x=%ff", 400, "bad_encoding"),
        ("/chat/comments/latest/%00", 400, "bad_position"),
        ("/%ff", 404, "not_found"),
        ("/chat/comments/../comments/nothing", 404, "not_found"),
    ],
)
def test_a_bad_address_is_the_clients_fault(server: WebServer, path: str, status: int, code: str) -> None:
    answered, body = ask(server, "GET", path)
    assert (answered, body["error"]["code"]) == (status, code)


@pytest.mark.parametrize("position", ["%25FF", "%zz", "..", "../all", "a%2Fb", "%E6%99%82", "1%0A2", "%20"])
def test_any_text_is_a_position(server: WebServer, position: str) -> None:
    status, body = ask(server, "GET", f"/chat/comments/latest/{position}")
    assert status == 200
    assert isinstance(body["response"], list)


@pytest.mark.parametrize(
    "head",
    [
        b"Host: 127.0.0.1\r\nContent-Length: abc\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: -1\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 5, 6\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 99999999999999999999999\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 32\r\nContent-Length: 33\r\n",
        b"Host: a b\r\nContent-Length: 32\r\n",
        b"Host: \xff\r\nContent-Length: 32\r\n",
        b"Host: evil.example\r\nContent-Length: 32\r\n",
        b"Content-Length: 32\r\n",
        b"Host: 127.0.0.1\r\n",
        b"Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_bad_head_is_400(server: WebServer, head: bytes) -> None:
    assert raw(server, b"POST " + POST.encode() + b" HTTP/1.1\r\n" + head + b"\r\n" + COMMENT)[0] == 400


def test_a_body_cut_short_is_never_accepted(server: WebServer) -> None:
    before = ask(server, "GET", "/chat/comments/all")[1]
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60\r\n\r\n" % POST.encode()
    with socket.create_connection((server.host, server.port), timeout=10) as wire:
        wire.sendall(head + COMMENT)
        wire.shutdown(socket.SHUT_WR)
        wire.recv(4096)
    assert ask(server, "GET", "/chat/comments/all")[1] == before


def test_an_address_no_parser_takes_is_400(server: WebServer) -> None:
    assert raw(server, b"GET /chat comments HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] == 400
    assert raw(server, b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (b"a" * 500_000))[0] in {
        400,
        414,
        431,
    }


def test_the_log_of_the_server_has_no_defect(server: WebServer) -> None:
    """Runs last: the sabotaged bodies are the only exceptions that were logged."""
    logged = Path(server.log).read_text()
    assert "request_failed" not in logged
    assert logged.count("Traceback") == logged.count("RuntimeError: the store went away")
