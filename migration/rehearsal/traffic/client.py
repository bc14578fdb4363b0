"""One keep-alive HTTP connection of a reader or writer. It never sends a request twice."""

from __future__ import annotations

import http.client
import json
import select
import time
from dataclasses import dataclass

from .address import Address


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `status` is None when no complete answer arrived, and `error` then says why."""

    status: int | None
    body: bytes
    ms: float
    store: str | None = None
    epoch: str | None = None
    error: str | None = None

    @property
    def fault(self) -> str | None:
        """Why this answer counts as failed, None for a 200."""
        if self.error is not None:
            return self.error
        return None if self.status == 200 else f"status {self.status}"


class Client:
    """Not shared between threads. `timeout` is in seconds, for each wait on the socket."""

    def __init__(self, *, address: Address, timeout: float) -> None:
        self._prefix = address.prefix
        self._connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout)

    def get(self, path: str) -> Answer:
        return self._send(method="GET", path=path, body=None)

    def post(self, path: str, document: object) -> Answer:
        return self._send(method="POST", path=path, body=json.dumps(document).encode())

    def close(self) -> None:
        self._connection.close()

    def _send(self, *, method: str, path: str, body: bytes | None) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self._drop_connection_closed_by_server()
        began = time.monotonic()
        try:
            self._connection.request(method, self._prefix + path, body=body, headers=headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            reason = f"{type(error).__name__}: {error}"
            return Answer(status=None, body=b"", ms=_ms_since(began), error=reason)
        return Answer(
            status=response.status,
            body=content,
            ms=_ms_since(began),
            store=response.getheader("X-Chat-Store"),
            epoch=response.getheader("X-Chat-Epoch"),
        )

    def _drop_connection_closed_by_server(self) -> None:
        # An idle keep-alive connection may have been closed meanwhile, which is the server's right. Looking
        # before sending keeps that from counting as a failure, without ever sending a post a second time.
        sock = self._connection.sock
        if sock is None:
            return
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if poll.poll(0):
            self._connection.close()


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
