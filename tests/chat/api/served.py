"""What the real server serves in tests: the service on a memory store, and bodies that break off half way."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")

from django.core.wsgi import get_wsgi_application

service = get_wsgi_application()

from chat.api.spool import Spool  # noqa: E402 - Django has to be set up first
from chat.api.undecodable import flag_undecodable  # noqa: E402
from chat.routing.process import use_router  # noqa: E402
from chat.stores.memory import MemoryStore  # noqa: E402
from tests.chat.api.conftest import router_on  # noqa: E402

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OPENING = b'{"response":['
LENGTH = 300_000

routed = use_router(router_on(MemoryStore()))
routed.__enter__()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/cut/chunked":
        start_response("200 OK", [("Content-Type", "application/json")])
        return breaking_off()
    if path == "/cut/measured":
        start_response("200 OK", [("Content-Length", str(LENGTH))])
        return breaking_off()
    if path == "/cut/spool":
        spool = Spool([OPENING, b"x" * (LENGTH - len(OPENING))])
        spool._file.truncate(LENGTH // 2)  # as a disk that loses what it was given
        start_response("200 OK", [("Content-Length", str(spool.length))])
        return spool
    return flag_undecodable(service)(environ, start_response)


def breaking_off() -> Iterator[bytes]:
    yield OPENING
    raise RuntimeError("the store went away")
