"""What one run of the generator is told, and the command line it is told on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from .address import Address, AddressRefused, parse_address

EPILOG = """example:
  python -m migration.rehearsal.traffic --url http://127.0.0.1:8080 --log var/traffic.jsonl \\
      --seconds 60 --writers 4 --readers 2 --rate 25 --stop-file var/traffic.stop"""


@dataclass(frozen=True, slots=True)
class Options:
    """`rate` is posts a second over all writers; durations are seconds; `posts` bounds the count."""

    address: Address
    log: Path
    seconds: float
    writers: int
    readers: int
    rate: float
    posts: int = 1_000_000
    poll_every: float = 0.3
    all_every: float = 3.0
    linger: float = 3.0
    timeout: float = 10.0
    stop_file: Path | None = None
    pace_file: Path | None = None


def parse_options(arguments: list[str] | None = None) -> Options:
    """Read the command line; anything unusable ends the process with code 2 and says why."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    if given.log.exists():
        parser.error(f"{given.log} exists already: a log belongs to one run, name a new file")
    return Options(**{("address" if name == "url" else name): value for name, value in vars(given).items()})


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m migration.rehearsal.traffic",
        description="Post and read comments over HTTP and log every attempt and outcome, fsynced.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--url", type=_address, required=True, help="the chat API, on a loopback address")
    add("--log", type=Path, required=True, help="JSON lines, a new file")
    add("--seconds", type=_positive, required=True, help="end after this long")
    add("--writers", type=_count, required=True, help="posting threads")
    add(
        "--readers",
        type=_count,
        required=True,
        help="pollers of each kind; a latest and an all reader besides",
    )
    add("--rate", type=_positive, required=True, help="posts a second, all writers together")
    add("--posts", type=_count, default=1_000_000, help="end after this many posts (default 1000000)")
    add("--poll-every", type=_positive, default=0.3, help="seconds between two polls (default 0.3)")
    add("--all-every", type=_positive, default=3.0, help="seconds between two reads of all (default 3)")
    add("--linger", type=_positive, default=3.0, help="seconds the pollers outlast the writers (default 3)")
    add("--timeout", type=_positive, default=10.0, help="seconds to wait on the socket (default 10)")
    add("--stop-file", type=Path, help="end when this file appears")
    add("--pace-file", type=Path, help="its last line, a number, replaces --rate while running; 0 pauses")
    return parser


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except AddressRefused as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86400")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 1000000")
    return value
