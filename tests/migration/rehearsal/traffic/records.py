"""A traffic log as a test looks at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_records(path: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The records of the log, or those of one kind, in the order they were written."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [record for record in records if kind in (None, record["kind"])]
