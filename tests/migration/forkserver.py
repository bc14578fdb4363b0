"""The process that `forks` starts: set up for Django, it has touched no database, and forks a child for each order."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django has to be set up first
from django.db import connections  # noqa: E402

# Imported once here rather than in every child.
import migration.tasks  # noqa: E402, F401


def main() -> None:
    answer("ready")
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            status = os.waitpid(order["wait"], 0)[1]
            answer(os.waitstatus_to_exitcode(status))
        else:
            answer(fork(order))


def answer(value: object) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def fork(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    code = run(order)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(order: dict[str, Any]) -> int:
    connections.settings["default"]["NAME"] = order["control"]
    settings.ENV = settings.ENV.model_copy(update=order["variables"])
    sys.argv = ["-c", *order["words"]]
    try:
        exec(compile(order["script"], "<script>", "exec"), {"os": os, "sys": sys})
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - as the interpreter does with what a script raises
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
