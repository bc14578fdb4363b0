"""A circuit breaker per store: a mirror that is down costs a process one deadline, and then requests microseconds."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from chat.exceptions import StoreError

log = structlog.get_logger(__name__)

PROBE_SECONDS = 1.0


class Breaker:
    """Opens at the first failure; a thread of its own asks the store each second and closes it when it answers.

    Requests never probe: each probe of a store that is down takes a deadline, and some client would wait for it.
    """

    def __init__(self, name: str, probe: Callable[[], None], *, every: float = PROBE_SECONDS) -> None:
        """`probe` returns when the store answers, or raises `StoreError`."""
        self._name = name
        self._probe = probe
        self._every = every
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open = False

    @property
    def is_open(self) -> bool:
        return self._open

    def trip(self, cause: str) -> None:
        """The store failed. Starts the prober unless it runs already."""
        prober = threading.Thread(target=self._probe_until_well, name=f"probe-{self._name}", daemon=True)
        with self._lock:
            if self._open or self._stopped.is_set():
                return
            # Started first: open without a prober, it would stay open for ever.
            prober.start()
            self._open = True
        log.warning("breaker_open", store=self._name, cause=cause)

    def close(self) -> None:
        """Ends the prober. The breaker is not used afterwards."""
        self._stopped.set()

    def _probe_until_well(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._probe()
            except StoreError as error:
                log.info("breaker_probe_failed", store=self._name, error=str(error))
            except Exception:
                # A fault of ours must not end the prober: the breaker would stay open for ever.
                log.exception("breaker_probe_broken", store=self._name)
            else:
                with self._lock:
                    self._open = False
                log.warning("breaker_closed", store=self._name)
                return
