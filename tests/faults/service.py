"""A service that answers as scripted: for what DynamoDB Local never does, such as throttling and server faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Reply:
    status: int
    code: str = ""

    @property
    def body(self) -> bytes:
        fault = {"__type": f"com.amazonaws.dynamodb.v20120810#{self.code}", "message": "as scripted"}
        return json.dumps(fault if self.code else {}).encode()


OK = Reply(200)
THROTTLED = Reply(400, "ProvisionedThroughputExceededException")
BROKEN = Reply(500, "InternalServerError")
DENIED = Reply(400, "AccessDeniedException")
NO_TABLE = Reply(400, "ResourceNotFoundException")


@dataclass
class Service:
    """Gives `replies` in turn, the last one for ever; `asked` counts the requests."""

    replies: list[Reply]
    asked: int = 0
    url: str = field(default="", init=False)

    def next(self) -> Reply:
        reply = self.replies[min(self.asked, len(self.replies) - 1)]
        self.asked += 1
        return reply


@contextmanager
def serving(*replies: Reply) -> Iterator[Service]:
    service = Service(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            reply = service.next()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
