"""The spool and the in-flight file of this process, and those that dead processes of this host left behind."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from migration.holders.identity import own_files
from migration.holders.traces import INFLIGHT, SPOOL, forget_witnesses, has_files, leave_witness
from migration.ledger.entries import keep
from migration.ledger.inflight import InFlight, collect_marks
from migration.ledger.spool import Spool, drain_left_behind

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ProcessFiles:
    spool: Spool
    inflight: InFlight

    def close(self) -> None:
        self.spool.close()
        self.inflight.close()

    def forget(self) -> None:
        """In a child: the files stay, as they are their parent's."""
        self.spool.forget()
        self.inflight.forget()


_lock = threading.Lock()
_files: tuple[int, ProcessFiles] | None = None


def process_files() -> ProcessFiles:
    """Opened at first use; a forked child opens its own."""
    global _files
    with _lock:
        if _files is None or _files[0] != os.getpid():
            _files = (os.getpid(), _open(own_files()))
        return _files[1]


def opened_files() -> ProcessFiles | None:
    """Those of this process if it has any already: whoever only looks must not make them."""
    with _lock:
        return _files[1] if _files is not None and _files[0] == os.getpid() else None


def _open(base: Path) -> ProcessFiles:
    spool = Spool(base.with_suffix(SPOOL))
    try:
        opened = ProcessFiles(spool, InFlight(base.with_suffix(INFLIGHT)))
    except BaseException:
        # Its lock would shut this process out of its own file at the next try.
        spool.close()
        raise
    try:
        leave_witness(base)
    except BaseException:
        opened.close()
        raise
    return opened


def close_files() -> None:
    global _files
    with _lock:
        if _files is not None and _files[0] == os.getpid():
            _files[1].close()
            _files = None


def collect_left_behind() -> int:
    """What dead processes of this host left in our folder, registered or not; how many entries."""
    folder = own_files().parent
    forget_witnesses(folder)
    left = {path.with_suffix("") for path in folder.glob("*") if path.suffix in (SPOOL, INFLIGHT)}
    return sum(map(_collect_if_readable, sorted(left - {own_files()})))


def _collect_if_readable(base: Path) -> int:
    """One file that cannot be read or removed must not keep the others from being collected, nor debts unpaid."""
    try:
        return collect(base)
    except OSError as error:
        log.error("files_not_collected", base=str(base), error=str(error))
        return 0


def collect(base: Path) -> int:
    """Turns the files of one dead process into ledger entries; how many. Their locks prove that it is dead."""
    return _collect_spool(base.with_suffix(SPOOL)) + _collect_inflight(base.with_suffix(INFLIGHT))


def is_collected(base: Path) -> bool:
    """Collects, and tells whether nothing is left: another process may be at it, and not have kept it all yet."""
    collect(base)
    return not has_files(base)


def _collect_spool(path: Path) -> int:
    emptied = drain_left_behind(path, keep)
    if emptied is None:
        return 0
    if emptied.kept or emptied.damaged:
        log.warning("spool_collected", path=str(path), kept=emptied.kept, damaged=emptied.damaged)
    return emptied.kept


def _collect_inflight(path: Path) -> int:
    marks = collect_marks(path, keep)
    if marks:
        log.warning("inflight_collected", path=str(path), kept=marks)
    return marks or 0


def _forget_parent() -> None:
    """A forked child has its parent's descriptors and with them its locks: they would outlive the parent's death."""
    global _lock, _files
    _lock = threading.Lock()
    if _files is not None:
        _files[1].forget()
        _files = None


os.register_at_fork(after_in_child=_forget_parent)
