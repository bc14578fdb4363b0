"""`make demo`: engines up, rehearsal, engines down again; or everything stays up to be looked at.

Runs before Django is set up, because the engines' addresses are settings.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from chatproject.env import BASE_DIR
from migration.rehearsal.stage.places import Places

MANAGE = str(BASE_DIR / "manage.py")
VAR = BASE_DIR / "var"


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    if options.stop:
        return stop_kept()
    stop_kept()
    were_up = devstack("status", quiet=True) == 0
    if devstack("up", "--in-memory"):
        return 3
    keep = options.keep or (sys.stdout.isatty() and not options.no_keep)
    try:
        return rehearse(options, keep=keep)
    finally:
        if not keep and not were_up:
            devstack("down")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--stop", action="store_true", help="end what an earlier demo left running")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--no-keep", action="store_true", help="end everything, on a terminal too")
    parser.add_argument("--reset", action="store_true")
    for name in ("comments", "rooms", "seed", "seconds"):
        parser.add_argument(f"--{name}", default=None)
    return parser


def rehearse(options: argparse.Namespace, *, keep: bool) -> int:
    words = [f"--{name}={value}" for name in ("comments", "rooms", "seed", "seconds") if (value := vars(options)[name])]
    words += [flag for flag, wanted in (("--keep", keep), ("--reset", options.reset)) if wanted]
    report = VAR / "rehearsal-report.json"
    environment = dict(os.environ) | addresses()
    return subprocess.run(
        [sys.executable, MANAGE, "rehearse", f"--report={report}", *words], env=environment, check=False, cwd=BASE_DIR
    ).returncode


def addresses() -> dict[str, str]:
    """What `python -m devstack env` prints: the texts at the top of its record."""
    record = json.loads((VAR / "devstack.json").read_text())
    return {name: value for name, value in record.items() if isinstance(value, str)}


def devstack(*words: str, quiet: bool = False) -> int:
    out = subprocess.DEVNULL if quiet else None
    return subprocess.run([sys.executable, "-m", "devstack", *words], check=False, cwd=BASE_DIR, stdout=out).returncode


def stop_kept() -> int:
    """Ends the process groups an earlier demo left running. A recycled pid leads no such group and is left alone."""
    note = Places(VAR / "rehearsal").children
    if not note.exists():
        return 0
    for name, pid in json.loads(note.read_text()).items():
        if _is_ours(pid):
            os.killpg(pid, signal.SIGTERM)
            print(f"ended {name}")
    note.unlink()
    return 0


def _is_ours(pid: int) -> bool:
    """It leads a process group of its own and runs this tree's Python."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return os.getpgid(pid) == pid and os.fsencode(sys.executable) in command
    except (FileNotFoundError, ProcessLookupError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
