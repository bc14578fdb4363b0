"""Processes that hold flags, for claims about how a change reaches them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.rounds import NotMeasured
from bench.surroundings import REPOSITORY

END_SECONDS = 20.0


@contextmanager
def holding(count: int, **variables: str) -> Iterator[None]:
    """`count` processes, registered; each under this process's settings but for `variables`."""
    command = [sys.executable, "-m", "bench.holding"]
    surroundings = {**os.environ, **variables}
    with ExitStack() as stack:
        processes = [
            subprocess.Popen(command, cwd=REPOSITORY, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(count)
        ]
        for process in processes:
            stack.callback(_end, process)
        for process in processes:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise NotMeasured("a process that should hold flags did not register")
        yield


def _end(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=END_SECONDS)
