"""Whether this process can serve right now: asked by load balancers through `/readyz`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chat.conf import Role
from chat.data import StoreId
from chat.exceptions import NotServing, StoreError
from chat.routing.router import Router


@dataclass(frozen=True, slots=True)
class Readiness:
    """`serving` is the answer; `why` says what is missing or only degraded, in words for an operator."""

    serving: bool
    epoch: int | None
    why: tuple[str, ...]


def readiness(router: Router) -> Readiness:
    """Pings the stores in use side by side. A store that only follows never makes the process unready."""
    try:
        health = router.policy.health()
    except NotServing as error:
        return Readiness(serving=False, epoch=None, why=(str(error),))
    stores = sorted(health.answering | health.following)
    with ThreadPoolExecutor(max_workers=max(1, len(stores))) as pool:
        faults = dict(zip(stores, pool.map(lambda store: _fault(router, store), stores), strict=True))
    why = tuple(fault for fault in faults.values() if fault)
    serving = not any(faults[store] for store in health.answering)
    return Readiness(serving=serving, epoch=health.epoch, why=why + health.degraded)


def _fault(router: Router, store: StoreId) -> str | None:
    try:
        router.open_store(store, Role.MIRROR).ping()
    except StoreError as error:
        return str(error)
    return None
