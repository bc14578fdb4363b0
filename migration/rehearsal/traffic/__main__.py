"""`python -m migration.rehearsal.traffic`: exit 0 when the run ended as it should, 1 when it broke."""

from __future__ import annotations

import json
import sys

from .ending import Interrupt
from .log import LogFailed
from .options import parse_options
from .run import Run


def main(arguments: list[str] | None = None) -> int:
    """Run once and print one JSON line of counts."""
    options = parse_options(arguments)
    interrupt = Interrupt()
    interrupt.install()
    try:
        ended = Run(options).to_the_end(interrupt)
    except (LogFailed, OSError) as error:
        print(f"traffic: {error}; nothing more was posted", file=sys.stderr)
        return 1
    for failure in ended.failures:
        print(f"traffic: {failure!r}", file=sys.stderr)
    print(json.dumps({"ended": ended.reason, **ended.counts}))
    return 1 if ended.failures else 0


if __name__ == "__main__":
    sys.exit(main())
