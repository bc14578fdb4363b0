"""A small HTTP server with the sample's paths, a test double of our own API.

What is tested with it is a client of that API and a reader of the stores. Both must notice what a server does
wrong, and the real one does nothing wrong on request.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

Comment = dict[str, str]


class ChatDouble:
    """Keeps what is posted. `trouble(n)` names what goes wrong with the n-th post: see `Handler.do_POST`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.comments: dict[tuple[str, str], Comment] = {}
        self.posts = 0
        self.connections = 0
        self.trouble: Callable[[int], str | None] = lambda _: None
        self.keep: Callable[[Comment], None] = lambda _: None
        self.lists_oldest_first = False
        self.url = ""
        self._last_us = 0

    def add(self, name: str, text: str) -> Comment:
        """Store a comment at a strictly later instant than all before, in `keep` too."""
        with self.lock:
            self._last_us = max(time.time_ns() // 1000, self._last_us + 1)
            stamp = f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}".rstrip("0")
            comment = {
                "name": name,
                "time": stamp + "0" if stamp.endswith(".") else stamp,
                "comment": text,
                "chat_room": "chat",
            }
        self.keep(comment)
        with self.lock:
            self.comments[name, comment["time"]] = comment
        return comment

    def newest(self, *, after: str = "") -> list[Comment]:
        with self.lock:
            shown = list(self.comments.values())
        shown.sort(key=lambda comment: comment["name"])
        shown.sort(key=lambda comment: comment["time"], reverse=not self.lists_oldest_first)
        return [comment for comment in shown if comment["time"] > after]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: ChatDouble

    def setup(self) -> None:
        super().setup()
        with self.double.lock:
            self.double.connections += 1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.double.lock:
            self.double.posts += 1
            number = self.double.posts
        trouble = self.double.trouble(number)
        if trouble == "drop before storing":
            return self._drop()
        if trouble == "refuse":
            return self._answer({"error": {"code": "unavailable"}}, status=503)
        comment = self.double.add(body["name"], body["comment"])
        if trouble == "drop after storing":
            return self._drop()
        return self._answer({"state": "Commment add OK", "time": comment["time"]})

    def do_GET(self) -> None:
        last = unquote(self.path.rsplit("/", 1)[1])
        if last == "latest":
            return self._answer({"response": self.double.newest()[:20]})
        return self._answer({"response": self.double.newest(after="" if last == "all" else last)})

    def log_message(self, format: str, *args: object) -> None:
        pass  # the tests read the generator's log, not the server's

    def _answer(self, document: object, *, status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Chat-Store", "double")
        self.send_header("X-Chat-Epoch", "7")
        self.end_headers()
        self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def running_double() -> Iterator[ChatDouble]:
    """A double on a free loopback port, gone at the end."""
    double = ChatDouble()
    handler = type("BoundHandler", (Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
