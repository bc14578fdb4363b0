"""`python -m devstack`: the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import FrameType

from devstack import preflight
from devstack.addresses import format_exports
from devstack.backend import Backend
from devstack.docker import Docker
from devstack.engines import ENGINES
from devstack.faults import DevstackError
from devstack.native import Native
from devstack.places import find_places
from devstack.status import UP, format_table

DONE, REFUSED = 0, 3  # exit codes of the contract; argparse itself exits with 2


def main(arguments: Sequence[str]) -> int:
    options = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(options))
    except DevstackError as fault:
        print(f"devstack: {fault}", file=sys.stderr)
    except KeyboardInterrupt:
        print("devstack: interrupted.", file=sys.stderr)
    return REFUSED


def build_parser() -> argparse.ArgumentParser:
    """One subcommand a verb; without engines each means all of them."""
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="up|down|status|env|logs|packages")
    up = verbs.add_parser("up", help="start what is down, and wait until it answers")
    up.add_argument("--in-memory", action="store_true", help="DynamoDB Local keeps nothing on disk")
    down = verbs.add_parser("down", help="stop, and wait until nothing is left")
    status = verbs.add_parser("status", help="show each engine; exit 3 if one is down")
    status.add_argument("--json", action="store_true")
    env = verbs.add_parser("env", help='print the addresses: eval "$(python -m devstack env)"')
    logs = verbs.add_parser("logs", help="show the end of the logs")
    logs.add_argument("-n", dest="lines", type=_count, default=40, metavar="LINES")
    runs = {up: run_up, down: run_down, status: run_status, env: run_env, logs: run_logs}
    for verb, run in runs.items():
        verb.add_argument("engines", nargs="*", type=_engine, metavar="ENGINE", help=" | ".join(ENGINES))
        verb.set_defaults(run=run)
    packages = verbs.add_parser("packages", help="print the Debian packages this machine lacks")
    packages.set_defaults(run=run_packages)
    return parser


def run_up(options: argparse.Namespace) -> int:
    _backend().start(_names(options), in_memory=options.in_memory)
    return DONE


def run_down(options: argparse.Namespace) -> int:
    _backend().stop(_names(options))
    return DONE


def run_status(options: argparse.Namespace) -> int:
    entries = _backend().read_status(_names(options))
    document = [asdict(entry) for entry in entries]
    print(json.dumps(document, indent=2) if options.json else format_table(entries))
    return DONE if all(entry.state == UP for entry in entries) else REFUSED


def run_env(options: argparse.Namespace) -> int:
    print(format_exports(_backend().read_addresses(_names(options))))
    return DONE


def run_logs(options: argparse.Namespace) -> int:
    backend = _backend()
    for name in _names(options):
        print(f"==> {name} <==\n{backend.read_log(name, options.lines)}")
    return DONE


def run_packages(options: argparse.Namespace) -> int:
    missing = preflight.find_missing_packages(ENGINES.values(), find_places(os.environ))
    print(" ".join(missing), end="\n" if missing else "")
    return DONE


def _backend() -> Backend:
    places, chosen = find_places(os.environ), os.environ.get("DEVSTACK", "")
    if chosen not in ("", "native", "docker"):
        raise DevstackError(f"DEVSTACK={chosen!r} is unknown: give docker, or unset it to do without Docker.")
    return Docker(places, os.environ) if chosen == "docker" else Native(places, os.environ)


def _names(options: argparse.Namespace) -> list[str]:
    return [name for name in ENGINES if name in options.engines] if options.engines else list(ENGINES)


def _engine(name: str) -> str:
    if name not in ENGINES:
        raise argparse.ArgumentTypeError(f"no engine {name!r}: choose from {', '.join(ENGINES)}")
    return name


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines: give 1 or more")
    return int(text)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End by SIGTERM as by Ctrl-C, so that `up` stops what it had started."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
