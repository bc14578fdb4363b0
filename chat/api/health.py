"""Health of a web process: `/healthz` says that it runs, `/readyz` whether it should be sent requests."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from chat.api.answers import json_answer
from chat.api.faults import NotReady
from chat.api.methods import methods
from chat.exceptions import NotServing
from chat.routing.process import router
from chat.routing.readiness import Readiness, readiness


@methods("GET")
def healthz(request: HttpRequest) -> HttpResponseBase:
    """Touches nothing but this process: an outage of a store must not make a supervisor restart it."""
    return json_answer({"status": "ok"})


@methods("GET")
def readyz(request: HttpRequest) -> HttpResponseBase:
    state = current()
    if not state.serving:
        raise NotReady("; ".join(state.why))
    condition = "degraded" if state.why else "ok"
    return json_answer({"status": condition, "why": list(state.why), "epoch": state.epoch})


def current() -> Readiness:
    """A process that cannot even make its router (no slot, no registration) is not ready."""
    try:
        return readiness(router())
    except (NotServing, DatabaseError) as error:
        return Readiness(serving=False, epoch=None, why=(str(error),))
