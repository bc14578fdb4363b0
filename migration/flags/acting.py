"""Celery children and commands among the holders: they act on flags a page or an entry at a time (protocol F3, F4).

A process takes part once it was told to (`take_part`, `taking_part`); from then on `acting` pins the flags it works
under. Elsewhere, as in a shell, `acting` does nothing: nobody could wait for a process that never registered.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

import structlog

from chat.exceptions import NotServing
from migration.flags.policy import RoutedPolicy, registering

log = structlog.get_logger(__name__)

PIN_SECONDS = 1.0
"""A move waits for what is pinned, so nothing may be for longer (protocol F4)."""

Page = TypeVar("Page")


@dataclass
class Part:
    """What a process is to others. `policy` is None until it could register."""

    kind: str
    owner: int
    policy: RoutedPolicy | None = None


_lock = threading.Lock()
_part: Part | None = None


def take_part(kind: str) -> None:
    """Registers this process; harmless when it has. With the control database away it is tried again when it acts."""
    part = _join(kind)
    try:
        _registered(part)
    except NotServing as error:
        log.warning("holder_not_registered", kind=kind, error=str(error))


@contextmanager
def taking_part(kind: str) -> Iterator[None]:
    """Around a command that acts on flags. Raises `NotServing` when it cannot register: then it must not act."""
    if _own_part() is not None:
        # Within a process that takes part already, and goes on after this.
        yield
        return
    try:
        _registered(_join(kind))
        yield
    finally:
        leave()


@contextmanager
def acting() -> Iterator[None]:
    """Around one page or entry: no epoch is confirmed over its head. Raises `NotServing` when this process takes part
    but cannot register, or is ending: the work comes back with its lease."""
    part = _own_part()
    if part is None:
        yield
        return
    began = monotonic()
    with _registered(part).pin():
        yield
    took = monotonic() - began
    if took > PIN_SECONDS:
        log.warning("pinned_too_long", kind=part.kind, seconds=round(took, 2))


def pinned(pages: Iterable[Page]) -> Generator[Page, None, None]:
    """Each page as it comes, the flags pinned while the caller works on it, and not while the next one is awaited.

    Close it (`contextlib.closing`) if you may leave early: the last pin would stay until it is collected.
    """
    for page in pages:
        with acting():
            yield page


def leave() -> None:
    """At the end of the process, after its work."""
    global _part
    with _lock:
        part, _part = _own_part(), None
    if part is not None and part.policy is not None:
        part.policy.close()


def _join(kind: str) -> Part:
    global _part
    with _lock:
        # What a fork inherited is its parent's: neither its threads nor its registration came along.
        part = _own_part() or Part(kind=kind, owner=os.getpid())
        _part = part
        return part


def _own_part() -> Part | None:
    return _part if _part is not None and _part.owner == os.getpid() else None


def _registered(part: Part) -> RoutedPolicy:
    with _lock:
        if part.policy is None:
            with registering():
                policy = RoutedPolicy(part.kind, slotless=True)
            policy.start()
            part.policy = policy
        return part.policy


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


# Another thread of the parent may have held it at the moment of the fork.
os.register_at_fork(after_in_child=_renew_lock)
