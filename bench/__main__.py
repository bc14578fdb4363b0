"""`python -m bench NAME`: measures one claim and writes its result.

Exit: 0 measured, 1 could not be measured to the end, 2 usage, 3 an engine cannot be reached.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

import django

from bench import claim, surroundings

RESULTS = surroundings.REPOSITORY / "bench" / "results"


def main(words: Sequence[str]) -> int:
    parser = ArgumentParser(
        prog="python -m bench",
        description="Measures one claim beside its peer, in turn, on the engines that are up. It starts none.",
        epilog="example:\n  python -m bench routed_vs_bare --quick",
        formatter_class=RawDescriptionHelpFormatter,
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("name", nargs="?", choices=claim.names(), help="the claim")
    asked.add_argument("--list", action="store_true", help="print the names of all claims")
    parser.add_argument("--quick", action="store_true", help="few items and rounds: to see that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where NAME.json is written")
    options = parser.parse_args(words)
    if options.list:
        sys.stdout.write("".join(f"{name}\n" for name in claim.names()))
        return 0
    with surroundings.chosen(os.environ):
        django.setup()
        # Only now: models can be imported once Django is set up, under these settings.
        from bench.running import run_claim

        return run_claim(options.name, quick=options.quick, results=options.results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
