"""What a process that admits comments has on disk: its spool and in-flight file, and a witness that they were there.

Both files go when they were emptied. The witness stays beside them: without it nobody could tell files that were
emptied from files that were lost with their folder, or that cannot be seen from here (protocol W6, F9).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from migration.enums import HolderState
from migration.holders.kinds import WRITERS
from migration.models import Holder

SPOOL = ".spool"
INFLIGHT = ".inflight"
WITNESS = ".witness"
KEPT_SECONDS = 30 * 86_400
"""As long as a backup of the control database may be restored: in it, processes that left long ago are live again."""


def leave_witness(base: Path) -> None:
    """Call when both files are there. On disk when this returns, by its name at least: it holds nothing."""
    base.with_suffix(WITNESS).touch(mode=0o600)
    folder = os.open(base.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_files(base: Path) -> bool:
    return any(base.with_suffix(suffix).exists() for suffix in (SPOOL, INFLIGHT))


def are_lost(holder: Holder) -> bool:
    """Neither its files nor their witness are to be seen: what they held may be gone, so its death is for an operator
    to declare. Kinds that admit no comments have no files. Raises OSError where the folder cannot be looked into."""
    if holder.kind not in WRITERS or not holder.files:
        return False
    base = Path(holder.files)
    # The files first: whoever empties them meanwhile leaves the witness.
    return not has_files(base) and not base.with_suffix(WITNESS).exists()


def forget_witnesses(folder: Path) -> int:
    """Those that nobody will ask for any more; how many."""
    old = list(_old_witnesses(folder))
    live = set(Holder.objects.filter(state=HolderState.LIVE).values_list("files", flat=True)) if old else set()
    done = [base for base in old if str(base) not in live]
    for base in done:
        base.with_suffix(WITNESS).unlink(missing_ok=True)
    return len(done)


def _old_witnesses(folder: Path) -> Iterator[Path]:
    """Of processes that have no files any more."""
    for path in folder.glob(f"*{WITNESS}"):
        base = path.with_suffix("")
        try:
            age = time.time() - path.stat().st_mtime
        except FileNotFoundError:
            continue  # Another process of the host cleared it away.
        if age > KEPT_SECONDS and not has_files(base):
            yield base
