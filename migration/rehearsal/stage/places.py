"""Files of a rehearsal, all under `var/rehearsal/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    folder: Path

    @property
    def control(self) -> Path:
        """The control database: new for every rehearsal, never the operator's own."""
        return self.folder / "control.sqlite3"

    @property
    def owner(self) -> Path:
        """Which table and keyspace an earlier rehearsal made, and may therefore be emptied."""
        return self.folder / "owner.json"

    @property
    def before(self) -> Path:
        return self.folder / "before.json"

    @property
    def traffic(self) -> Path:
        return self.folder / "traffic.jsonl"

    @property
    def stop(self) -> Path:
        return self.folder / "traffic.stop"

    @property
    def marks(self) -> Path:
        return self.folder / "marks.jsonl"

    @property
    def facts(self) -> Path:
        return self.folder / "facts.json"

    @property
    def children(self) -> Path:
        """Process ids of what stays up after a rehearsal with --keep."""
        return self.folder / "children.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def clear(self) -> None:
        """Removes what an earlier rehearsal left, but not the note of what it owns."""
        self.logs.mkdir(parents=True, exist_ok=True)
        old = [path for path in self.folder.iterdir() if path.is_file() and path != self.owner]
        for path in [*old, *self.logs.glob("*.log")]:
            path.unlink()
