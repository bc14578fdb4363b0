"""The settings a bench runs under: names of its own on the engines, and a control database of its own.

Chosen before Django reads them. Nothing here imports Django or what needs its settings.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`word` is unique: two benches, or a bench and a deployment, never touch each other's data."""

    word: str
    folder: Path

    @classmethod
    def new(cls) -> Self:
        """On the disk that holds `var/`: what a commit costs depends on the disk it is made durable on."""
        word = f"bench_{uuid4().hex[:12]}"
        return cls(word=word, folder=REPOSITORY / "var" / "bench" / word)

    def settings(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "chatproject.settings",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'control.sqlite3'}",
            "DYNAMODB_TABLE": self.word,
            "KEYSPACE": self.word,
            "DB_BACKEND": "routed",
            # A view costs the engine a read for each write, on both sides of a claim: it would hide what ours adds.
            "SCYLLA_USER_TIMELINE": "off",
            "LOG_LEVEL": "ERROR",
        }


@contextmanager
def chosen(environ: MutableMapping[str, str]) -> Iterator[Surroundings]:
    """For the life of this process; the folder is removed at the end."""
    surroundings = Surroundings.new()
    surroundings.folder.mkdir(parents=True)
    environ.update(surroundings.settings())
    try:
        yield surroundings
    finally:
        shutil.rmtree(surroundings.folder)
