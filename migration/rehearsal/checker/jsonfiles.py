"""JSON in and out of files: whole documents, and lines where only the last may be torn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import EvidenceInvalid


def read_json(path: Path) -> dict[str, Any]:
    """One JSON object. Raises `EvidenceInvalid`."""
    return _parse_object(_read(path), source=str(path))


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines. Raises `EvidenceInvalid`.

    A last line without its newline was still being written when the writer died: it was never durable.
    """
    for number, line in enumerate(_read(path).split("\n")[:-1], start=1):
        yield _parse_object(line, source=f"{path} line {number}")


def write_json(path: Path, document: object) -> None:
    write_text(path, json.dumps(document, indent=2, ensure_ascii=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace the file in one step, so that nobody ever reads half of it."""
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceInvalid(f"cannot read {path}: {error}") from error


def _parse_object(text: str, *, source: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise EvidenceInvalid(f"{source} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EvidenceInvalid(f"{source} is not a JSON object")
    return document
