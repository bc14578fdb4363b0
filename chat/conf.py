"""The settings the chat service reads, in one place and typed."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings

from chat.stores.base import Deadlines
from chatproject.env import Env


class Role(StrEnum):
    """What a store is used for: to answer clients, to follow the authority, or to copy and compare."""

    SERVE = "serve"
    # A first try, where another store answers if this one is late.
    PROMPT = "prompt"
    MIRROR = "mirror"
    WORKER = "worker"


def env() -> Env:
    return settings.ENV


def deadlines(role: Role) -> Deadlines:
    """A mirror has the shortest one, so that a slow mirror costs a client little; a worker can wait."""
    request = {
        Role.SERVE: env().request_timeout_seconds,
        Role.PROMPT: min(env().request_timeout_seconds, env().fallback_after_seconds),
        Role.MIRROR: env().mirror_timeout_seconds,
        Role.WORKER: env().worker_timeout_seconds,
    }[role]
    return Deadlines(connect=min(env().connect_timeout_seconds, request), request=request)
