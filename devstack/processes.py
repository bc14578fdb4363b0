"""Start, recognise and signal processes that outlive the command that started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENDED = ("Z", "X")  # zombie and dead, the state column of /proc/PID/stat
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Identity:
    """One process and no other: a recycled pid has another start time, one from before a reboot another boot.

    `started` counts clock ticks since boot (field 22 of /proc/PID/stat).
    """

    pid: int
    started: int
    boot: str


def identify(pid: int) -> Identity | None:
    """The process that has this pid now; None if there is none, or only a zombie nobody reaped yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may itself hold blanks and parentheses: fields are counted after the last one.
    fields = stat.rpartition(")")[2].split()
    # A killed JVM shows as a zombie while its other threads still end: until then it holds its ports.
    if fields[0] in ENDED and int(fields[17]) <= 1:
        return None
    return Identity(pid=pid, started=int(fields[19]), boot=_read_boot())


def is_alive(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def spawn(argv: Sequence[str], *, log: Path, directory: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start in a session of its own, out of reach of Ctrl-C in the terminal and of this command's end.

    The log of the run before is kept as `.log.1`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=dict(environ),
            start_new_session=True,
        )


def send_signal(identity: Identity, number: signal.Signals) -> None:
    """Signal this very process; one that is gone, or whose pid now belongs to another, is left alone."""
    if not is_alive(identity):
        return
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return  # ended between the look and the signal


def read_command(pid: int) -> str:
    """The command line as `ps` shows it, at most 80 characters; empty if it cannot be read."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace").strip()[:80]


def read_memory(pid: int) -> int:
    """Resident memory in bytes; 0 if the process is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def read_age(identity: Identity) -> float:
    """Seconds since the process started."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - identity.started / CLOCK_TICKS


def _read_boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
