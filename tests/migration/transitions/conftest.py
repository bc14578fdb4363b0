"""Transitions with processes that obey at once: a thread plays all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest
from django.db import connections
from pytest_django import Settings

from chat.conf import env
from migration.enums import HolderState
from migration.models import Holder, Rollout
from tests.migration.vectors import rollout

__all__ = ["rollout"]


@pytest.fixture(autouse=True)
def _payers_end(control: Path) -> Iterator[None]:
    """A hold that is given up leaves its payment to end by itself: within the test, whose database it is."""
    yield
    for thread in threading.enumerate():
        if thread.name == "hold-payer":
            thread.join(10)


class Inject(Protocol):
    """Does something once, right before a function of a module is called."""

    def __call__(self, module: ModuleType, name: str, action: Callable[[], object]) -> None: ...


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Inject:
    def inject_into(module: ModuleType, name: str, action: Callable[[], object]) -> None:
        original, once = getattr(module, name), iter([action])

        def injected(*args: Any, **kwargs: Any) -> Any:
            for act in once:
                act()
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, injected)

    return inject_into


@pytest.fixture
def bounded(settings: Settings) -> Callable[[float], None]:
    """Sets how long a writer may wait in a hold; the hold itself is half a second shorter, but at least 0.2."""

    def set_bound(seconds: float) -> None:
        settings.ENV = env().model_copy(update={"hold_wait_seconds": seconds})

    return set_bound


@pytest.fixture
def obedient(rollout: Rollout) -> Iterator[None]:
    """Every live holder confirms every epoch within milliseconds, whoever it is."""
    stop = threading.Event()

    def confirm() -> None:
        while not stop.wait(0.01):
            epoch = Rollout.objects.values_list("epoch", flat=True).get(active=True)
            Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=epoch).update(acked_epoch=epoch)
        connections["default"].close()

    thread = threading.Thread(target=confirm)
    thread.start()
    yield
    stop.set()
    thread.join()
