"""What must be right on this machine before an engine is started."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from devstack.engine import Engine
from devstack.faults import DevstackError
from devstack.places import Places

MEMORY = Path("/proc/meminfo")
# Where a container's own limit stands (cgroup v2); /proc/meminfo shows the whole machine even inside it.
LIMIT = Path("/sys/fs/cgroup/memory.max")
USED = Path("/sys/fs/cgroup/memory.current")


def check(engines: Sequence[Engine], places: Places) -> None:
    """Raise one DevstackError with every problem found, so that they can be mended in one go."""
    problems = [problem for engine in engines for problem in engine.find_problems(places)]
    problems += _memory_problems(engines)
    if problems:
        listed = "".join(f"\n- {problem}" for problem in dict.fromkeys(problems))
        raise DevstackError(f"Cannot start:{listed}")


def find_missing_packages(engines: Iterable[Engine], places: Places) -> list[str]:
    """Debian packages to install, each once."""
    return list(dict.fromkeys(name for engine in engines for name in engine.find_missing_packages(places)))


def read_available_mb() -> int:
    """Memory a new process can have, in MiB: of the machine, or of the container if that is less."""
    lines = MEMORY.read_text().splitlines()
    available = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:"))
    limit = LIMIT.read_text().strip() if LIMIT.exists() else "max"
    if limit == "max":
        return available
    return min(available, (int(limit) - int(USED.read_text())) // 2**20)


def _memory_problems(engines: Sequence[Engine]) -> list[str]:
    needed = sum(engine.memory_mb for engine in engines)
    available = read_available_mb()
    if available >= needed:
        return []
    names = " ".join(engine.name for engine in engines)
    return [
        f"{needed} MB of memory are needed for {names}, and {available} MB are available. "
        "End something (`ps aux --sort -rss | head` shows what is large), or name fewer engines."
    ]
