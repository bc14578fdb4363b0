"""An engine behind a wire that goes away as engines do: first it hangs, then it refuses, then it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from tests.faults.wire import Fault, Link, Wire


class Stalling(Wire):
    """Can stop answering altogether: requests still reach the engine, which does what they ask."""

    stalled = False

    def _judge(self, link: Link, data: bytes) -> None:
        if self.stalled:
            link.struck = Fault.WITHHOLD_ANSWER
        super()._judge(link, data)


@contextmanager
def behind_a_wire(address: tuple[str, int]) -> Iterator[list[Stalling]]:
    """The wire in use is the last of the list."""
    wires = [Stalling(*address)]
    try:
        yield wires
    finally:
        wires[-1].close()


def go_away_and_return(wires: list[Stalling], address: tuple[str, int], *, hangs: float, refuses: float) -> None:
    wires[-1].stalled = True
    sleep(hangs)
    wires[-1].close()
    sleep(refuses)
    wires.append(Stalling(*address, listen=wires[-1].port))
