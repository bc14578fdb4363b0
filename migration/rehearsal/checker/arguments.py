"""The command line of the checker."""

from __future__ import annotations

import argparse
from pathlib import Path

from .sabotage import SABOTAGES

PROGRAM = "python -m migration.rehearsal.checker"
EPILOG = f"""examples:
  {PROGRAM} survey --out var/before.json
  {PROGRAM} --traffic-log var/traffic.jsonl --before var/before.json \\
      --facts var/facts.json --marks var/marks.jsonl --report var/rehearsal-report.json

exit codes: 0 pass, 1 fail, 2 unusable arguments or files, 3 a store cannot be reached"""


def build_survey_parser() -> argparse.ArgumentParser:
    parser = _parser(f"{PROGRAM} survey", "Read the DynamoDB table before any traffic and write down what it holds.")
    parser.add_argument("--out", type=Path, required=True, help="JSON; the list of items is written beside it")
    return parser


def build_check_parser() -> argparse.ArgumentParser:
    parser = _parser(PROGRAM, "Judge a rehearsal by both stores, the traffic log and the survey taken before it.")
    add = parser.add_argument
    add("--traffic-log", type=Path, required=True, help="written by migration.rehearsal.traffic")
    add("--before", type=Path, required=True, help="written by the survey")
    add("--facts", type=Path, required=True, help="JSON: what the rehearsal recorded about itself")
    add("--report", type=Path, required=True, help="JSON, replaced")
    add("--marks", type=Path, help='JSON lines {"at": unix seconds, "name": "moves-begin"}')
    add("--minimum", type=int, default=1000, help="acknowledged posts asked for (default 1000)")
    add("--margin", type=float, default=5.0, help="seconds around mirrored_until left open (default 5)")
    add("--sabotage", choices=sorted(SABOTAGES), help="damage the stores first (loopback only)")
    return parser


def _parser(program: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
