"""Which write flags a process on a fixed DB_BACKEND can live with (protocol F10)."""

from __future__ import annotations

from chat.data import StoreId
from chat.routing.fixed import BACKENDS
from chat.routing.ports import WriteRoute
from migration.enums import HolderState, WriteFlag
from migration.holders.kinds import ROUTED
from migration.models import Holder

SOURCE, TARGET = "source", "target"

LEGAL: dict[tuple[str, str | None], frozenset[WriteFlag]] = {
    # Without a mirror every comment it takes would be missing from the other store.
    (SOURCE, None): frozenset({WriteFlag.SOURCE}),
    # One that mirrors already is the neighbour of one that does not (protocol F5). Neither may decide once the target
    # does, nor write in a hold.
    (SOURCE, TARGET): frozenset({WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR}),
    (TARGET, SOURCE): frozenset({WriteFlag.TARGET_MIRROR, WriteFlag.TARGET}),
    (TARGET, None): frozenset({WriteFlag.TARGET}),
}
"""By the parts its stores have in the rollout: the one that decides, and the one that follows, if any."""


def legal_flags(route: WriteRoute, *, source: str, target: str) -> frozenset[WriteFlag]:
    """Empty for a process that writes a store the rollout does not know."""
    parts: dict[str, str] = {source: SOURCE, target: TARGET}
    authority, mirror = parts.get(route.authority), _part(route.mirror, parts)
    return LEGAL.get((authority, mirror), frozenset()) if authority else frozenset()


def _part(mirror: StoreId | None, parts: dict[str, str]) -> str | None:
    return None if mirror is None else parts.get(mirror, "unknown")


def fixed_against(flag: WriteFlag, *, source: str, target: str) -> list[str]:
    """Live processes on a fixed DB_BACKEND that could not live with `flag`, in words. A backend this version does not
    know could live with nothing."""
    legal = {name: legal_flags(route, source=source, target=target) for name, route in BACKENDS.items()}
    live = Holder.objects.filter(state=HolderState.LIVE).exclude(backend=ROUTED).order_by("pk")
    return [f"{one} on DB_BACKEND={one.backend}" for one in live if flag not in legal.get(one.backend, frozenset())]


def contradiction(backend: str, route: WriteRoute, flag: WriteFlag, *, source: str, target: str) -> str | None:
    """Why a process on this DB_BACKEND may not serve while the write flag is `flag`, as a sentence; None if it may."""
    legal = legal_flags(route, source=source, target=target)
    if flag in legal:
        return None
    possible = ", ".join(sorted(legal)) or "never"
    return (
        f"DB_BACKEND={backend} contradicts the rollout from {source} to {target}: writes go by {flag.value!r}, "
        f"and it is right only for: {possible}. Use DB_BACKEND=routed until the rollout is over"
    )
