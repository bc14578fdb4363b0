"""`python -m bench.holding`: a process that acts on flags and does nothing else, until its standard input ends."""

from __future__ import annotations

import sys

import django


def main() -> None:
    django.setup()
    from migration.serving import make_policy

    policy = make_policy()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    policy.close()


if __name__ == "__main__":
    main()
