"""Which TCP ports are free, and who holds the ones that are not."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack.faults import DevstackError
from devstack.processes import read_command

LISTENING = "0A"  # state column of /proc/net/tcp
HIGHEST = 65_535
SEARCHED = 200


@dataclass(frozen=True)
class Holder:
    """Who listens on a port; `pid` is None when the process is one we may not look into."""

    pid: int | None
    command: str

    def __str__(self) -> str:
        if self.pid is None:
            return "a process that cannot be looked into"
        return f"pid {self.pid} ({self.command or 'command unreadable'})"


def is_free(port: int) -> bool:
    """Whether an engine could listen here, on all interfaces: DynamoDB Local takes all of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Engines set this too: without it, connections of an earlier run in TIME_WAIT look like a holder.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def find_free(wanted: int, *, avoid: Collection[int] = ()) -> int:
    """The wanted port, else the next free one above it that nobody in `avoid` was promised."""
    for port in range(wanted, min(wanted + SEARCHED, HIGHEST + 1)):
        if port not in avoid and is_free(port):
            return port
    raise DevstackError(f"No free port from {wanted} on: end what listens there (`ss -ltnp` shows it).")


def find_holder(port: int) -> Holder | None:
    """Who listens on the port on any address; None if nobody does."""
    sockets = set(_listening_sockets(port))
    if not sockets:
        return None
    for pid in _all_pids():
        if sockets & set(_sockets_of(pid)):
            return Holder(pid=pid, command=read_command(pid))
    return Holder(pid=None, command="")


def is_listening(pid: int, port: int) -> bool:
    """Whether this very process listens on the port: an answer alone may come from somebody else's engine."""
    return bool(set(_listening_sockets(port)) & set(_sockets_of(pid)))


def _listening_sockets(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        path = Path(table)
        if not path.exists():
            continue  # a kernel without IPv6 has no tcp6
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _sockets_of(pid: int) -> Iterator[str]:
    """Inode numbers of a process's sockets; none if it is gone or not ours to look into."""
    try:
        links = list(Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return
    for link in links:
        try:
            target = str(link.readlink())
        except OSError:
            continue  # closed since it was listed
        if target.startswith("socket:["):
            yield target[8:-1]
