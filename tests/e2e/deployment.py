"""A deployment of its own for the console's browser tests: web processes, a worker, a rollout, three people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chatproject import programs
from chatproject.children import Children
from migration.models import StoreState
from migration.people.demo_users import make_demo_users
from tests.migration.bed import Bed
from tests.migration.broker import broker
from tests.migration.controls import CONTROL, control_database
from tests.serving import WebServer, serving

SILENT = """
from migration.models import Holder
Holder.objects.create(kind="web", host="the boot of another machine", machine="old-host", pid=4711, started=1, slot=77)
"""
"""A process on another machine that registered and is not heard of again."""


@dataclass(frozen=True)
class Deployment:
    server: WebServer
    bed: Bed
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        return self.server.url

    def lose_a_process(self) -> None:
        """In a process of its own: a browser of this one has an event loop, beside which Django refuses to work."""
        done = self.bed.manage("shell", "-c", SILENT)
        assert done.code == 0, done.error


@contextmanager
def deployment(bed: Bed) -> Iterator[Deployment]:
    """Routed; moves of the authority need a second person. Writes are mirrored already, the target is complete, and one
    read has begun its way."""
    with control_database(bed.folder / CONTROL):
        passwords = make_demo_users(bed.folder / "credentials.json")
        StoreState.objects.update(complete=True)
    environ = {**bed.environ, "APPROVAL_REQUIRED": "true"}
    workers = Children(logs=bed.folder / "log", env=environ)
    with broker(), serving("chatproject.wsgi:application", directory=bed.folder, env=environ) as server:
        workers.start("control", programs.worker("control"))
        try:
            _register(server)
            _move(bed, "post_comment")
            _move(bed, "latest_comments")
            yield Deployment(server, bed, passwords)
        finally:
            workers.stop_all()


def _register(server: WebServer) -> None:
    """A web process takes its place at its first request."""
    connection = server.connect()
    connection.request("GET", "/chat/comments/latest")
    assert connection.getresponse().status == 200


def _move(bed: Bed, endpoint: str) -> None:
    done = bed.manage("route", "advance", endpoint, "--reason=the first step", "--actor=ada")
    assert done.code == 0, done.error
