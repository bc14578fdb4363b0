"""Who a process is, so that another one on the same host can tell whether it still lives (protocol F9)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Identity:
    """`host` is boot id and pid namespace; `started` is in clock ticks since boot."""

    host: str
    pid: int
    started: int


def own_identity() -> Identity:
    pid = os.getpid()
    started = start_ticks(pid)
    if started is None:
        raise RuntimeError("this process cannot read its own /proc entry")
    return Identity(host=own_host(), pid=pid, started=started)


def own_files() -> Path:
    """What this process's spool and in-flight file are called, without their endings (protocol W5, W6).

    By host, pid and start time, so that neither a recycled pid nor the same pid after a restart of the machine, or in
    another container, ever meets another process's files.
    """
    who = own_identity()
    folder: Path = settings.VAR_DIR / "holders"
    host = blake2b(who.host.encode(), digest_size=4).hexdigest()
    return folder / f"{who.pid}-{who.started}-{host}"


def own_host() -> str:
    return f"{_boot()} {Path('/proc/self/ns/pid').readlink()}"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def of_another_boot(who: Identity) -> bool:
    """It ran on another machine, or on this one before its last start."""
    boot = who.host.partition(" ")[0]
    return BOOT_ID.fullmatch(boot) is not None and boot != _boot()


def start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat (proc(5)). None when no such process is seen, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name, in parentheses, may itself hold blanks and parentheses.
    state, *fields = stat.rpartition(")")[2].split()
    # A killed process is a zombie while its other threads still end, and may still be sending: that is not dead yet.
    threads = int(fields[16])
    return None if state in "ZX" and threads <= 1 else int(fields[18])


def proven_dead(who: Identity) -> bool:
    """True only on the same host, when no process has this pid and start time. False means: not proven."""
    if who.host != own_host():
        return False
    try:
        started = start_ticks(who.pid)
    except PermissionError:
        return False  # Something lives there, and /proc does not tell us what.
    return not _hidden(who.pid) if started is None else started != who.started


def _hidden(pid: int) -> bool:
    """Alive, but not to be seen: /proc may be mounted so that it hides other users' processes (hidepid)."""
    if Path(f"/proc/{pid}").exists():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    return False
