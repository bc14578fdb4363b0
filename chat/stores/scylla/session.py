"""Opening the driver's session through django-cassandra-engine's alias, so that it can fail, be retried, and fork."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any, Final

from cassandra.cqlengine import connection as cqlengine
from django.db import connections

from chat.models import CQL_ALIAS

_INHERITED: Final[list[Any]] = []
"""Clusters and sessions of the parent process. Kept, since their clean-up would touch the parent's event loop."""


def open_session() -> Any:
    """A connected `cassandra.cluster.Session` of this process. Raises what the driver raises.

    Call it from one thread at a time, and only through `Connection`: the lazy connect of cqlengine is open to races.
    """
    try:
        # Registers the alias without connecting, when nothing in this process did so yet.
        connections[CQL_ALIAS].connect()
        return cqlengine.get_connection(CQL_ALIAS).session
    except Exception:
        _rearm()
        raise


def _registered() -> Any | None:
    """The registry's entry. `get_connection` would connect, and it is the only public way to ask."""
    return cqlengine._connections.get(CQL_ALIAS)


def _rearm() -> None:
    """Let the next use connect again.

    cqlengine drops its lazy flag before it tries to connect, and puts it back only after one kind of failure: after
    any other, a name that does not resolve for instance, each later query would fail until the process restarts.
    """
    registered = _registered()
    if registered is None:
        return
    if registered.cluster is not None:
        registered.cluster.shutdown()
    registered.cluster = registered.session = None
    registered.lazy_connect = True


def _forget_parent() -> None:
    """A forked child has the parent's session but not its event loop thread: a query would hang, not even time out."""
    registered = _registered()
    if registered is None:
        return
    _INHERITED.extend((registered.cluster, registered.session))
    registered.cluster = registered.session = None
    registered.lazy_connect = True
    registered.lazy_connect_lock = RLock()


os.register_at_fork(after_in_child=_forget_parent)
