"""The router of this process: made at first use, made anew after a fork, replaceable in tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize

from django.conf import settings
from django.utils.module_loading import import_string

from chat import conf
from chat.routing.alone import Alone
from chat.routing.fixed import BACKENDS, FixedPolicy
from chat.routing.ports import DebtRecorder, FixedRegistrar, RoutingPolicy
from chat.routing.router import Router
from chat.stores.registry import open_store

_lock = threading.Lock()
_router: Router | None = None
_owner: int | None = None


def router() -> Router:
    """Stores, clock slot and registration belong to one process, so a forked child gets its own."""
    global _router, _owner
    if _router is not None and _owner == os.getpid():
        return _router
    with _lock:
        if _router is None or _owner != os.getpid():
            _router = Router(policy=make_policy(), recorder=make_recorder(), open_store=open_store)
            _owner = os.getpid()
            # Not atexit: a web server's worker is a child of multiprocessing, which skips those hooks.
            Finalize(None, _close, args=(_router, _owner), exitpriority=10)
        return _router


def current_router() -> Router | None:
    """The router if there is one already: whoever only looks must not register this process."""
    return _router if _owner == os.getpid() else None


def make_policy() -> RoutingPolicy:
    """Raises `NotServing` when the process cannot register, or its DB_BACKEND contradicts a rollout (F5, F10)."""
    backend = conf.env().db_backend
    if backend == "routed":
        policy: RoutingPolicy = import_string(settings.CHAT_ROUTING)()
        return policy
    registered = _registered(backend)
    return registered or Alone(FixedPolicy.for_backend(backend), lambda: _registered(backend))


def _registered(backend: str) -> RoutingPolicy | None:
    """None where no rollout is under way, or no control plane is there at all: then the backend serves alone."""
    registrar = getattr(settings, "CHAT_FIXED_REGISTRAR", None)
    if not registrar:
        return None
    register: FixedRegistrar = import_string(registrar)
    return register(backend, BACKENDS[backend])


def make_recorder() -> DebtRecorder:
    recorder: DebtRecorder = import_string(settings.CHAT_DEBT_RECORDER)()
    return recorder


def _close(closing: Router, owner: int) -> None:
    # A child that was forked with this handler must not give back its parent's registration.
    if owner == os.getpid():
        # Mirrors first, while their breakers still spare them: what waits keeps its admission until it has ended.
        closing.afterwards.close()
        closing.circuits.close()
        closing.policy.close()
        closing.recorder.close()


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


# Another thread of the parent may have held it at the moment of the fork.
os.register_at_fork(after_in_child=_renew_lock)


@contextmanager
def use_router(replacement: Router) -> Iterator[Router]:
    """For tests: every request inside the block goes through `replacement`."""
    global _router, _owner
    before = (_router, _owner)
    _router, _owner = replacement, os.getpid()
    try:
        yield replacement
    finally:
        _router, _owner = before
