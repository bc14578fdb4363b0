"""Where the stack keeps its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
REPOSITORY = SOURCE.parent


@dataclass(frozen=True)
class Places:
    """`var` holds state, logs and data of one stack; `lib` the jars, which all stacks of a checkout share."""

    var: Path
    lib: Path

    @property
    def state(self) -> Path:
        return self.var / "devstack.json"

    @property
    def lock(self) -> Path:
        return self.var / "devstack.lock"

    def log(self, engine: str) -> Path:
        return self.var / "log" / f"{engine}.log"

    def data(self, engine: str) -> Path:
        return self.var / engine

    def jars(self, engine: str) -> Path:
        return self.lib / engine


def find_places(environ: Mapping[str, str]) -> Places:
    """`DEVSTACK_VAR` moves a stack aside (tests do), so that it cannot disturb the one in `var/`."""
    chosen = environ.get("DEVSTACK_VAR")
    var = Path(chosen).resolve() if chosen else REPOSITORY / "var"
    return Places(var=var, lib=REPOSITORY / "var" / "lib")
