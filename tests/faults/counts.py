"""Where `make soak` finds what a campaign counted: one line of JSON for each, in the file that SOAK_NOTES names."""

from __future__ import annotations

import json
import os
from typing import Any


def note(campaign: str, **counts: Any) -> None:
    """Before anything is asserted: a campaign that fails has counts as well. In `make test` nobody asks for them."""
    path = os.environ.get("SOAK_NOTES")
    if path is None:
        return
    line = json.dumps({"campaign": campaign} | counts) + "\n"
    # One write: campaigns run side by side, each in a process of its own.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
