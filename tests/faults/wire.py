"""A TCP proxy in front of a real engine that can lose, withhold or refuse, on purpose and for one request only.

A request is told by a marker, any bytes of it: the proxy watches what clients send and acts on the answer to the
first message that holds the marker. All other traffic passes untouched.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock, Thread


class Fault(Enum):
    # The engine has answered; the client sees its connection closed instead.
    LOSE_ANSWER = auto()
    # The engine may answer; the client waits for ever on an open connection.
    WITHHOLD_ANSWER = auto()


@dataclass
class Rule:
    marker: bytes
    fault: Fault
    times: int
    # How often a request with the marker reached the engine, struck or not.
    forwarded: int = 0


@dataclass
class Link:
    """One client's connection and ours to the engine."""

    client: socket.socket
    engine: socket.socket
    struck: Fault | None = None
    tail: bytes = b""

    def close(self) -> None:
        for end in (self.client, self.engine):
            # Wakes the thread that reads from it; close alone would not.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Wire:
    """Listens on `port` of 127.0.0.1 until `close`."""

    def __init__(self, host: str, port: int, *, listen: int = 0) -> None:
        """`listen` 0 takes any free port."""
        self._target = (host, port)
        self._rule: Rule | None = None
        self._links: list[Link] = []
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", listen))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def strike(self, marker: str, fault: Fault, *, times: int = 1) -> Iterator[Rule]:
        """Within the block, act on the answers to the first `times` requests that hold the marker."""
        rule = self._rule = Rule(marker.encode(), fault, times)
        try:
            yield rule
        finally:
            self._rule = None
            with self._lock:
                for link in self._links:
                    link.struck = None

    def close(self) -> None:
        """Refuse new connections and cut those there are."""
        with suppress(OSError):
            # Wakes the thread that accepts, which would else take one more connection.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for link in self._links:
                link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                link = Link(client, socket.create_connection(self._target))
                with self._lock:
                    self._links.append(link)
                for pump in (self._requests, self._answers):
                    Thread(target=pump, args=(link,), daemon=True).start()

    def _requests(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.client.recv(65536):
                self._judge(link, data)
                link.engine.sendall(data)
        link.close()

    def _judge(self, link: Link, data: bytes) -> None:
        """Mark the link before the request goes on, so that its answer cannot slip through."""
        rule = self._rule
        if rule is None:
            link.tail = b""
            return
        # A marker may lie across two reads.
        seen = link.tail + data
        link.tail = seen[len(seen) - len(rule.marker) + 1 :] if len(rule.marker) > 1 else b""
        if rule.marker in seen:
            rule.forwarded += 1
            if rule.forwarded <= rule.times:
                link.struck = rule.fault

    def _answers(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.engine.recv(65536):
                if link.struck is Fault.LOSE_ANSWER:
                    break
                if link.struck is None:
                    link.client.sendall(data)
        link.close()
