import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migration.rehearsal.traffic.log import FsyncedLog, LogFailed


def test_a_committed_line_was_synced_before_commit_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # fsync is the boundary to the disk: only by watching it can a test tell a synced line from a written one.
    path, synced = tmp_path / "log", []
    real_fsync = os.fsync

    def watch(descriptor: int) -> None:
        real_fsync(descriptor)
        synced.append(path.read_text())

    monkeypatch.setattr(os, "fsync", watch)
    log = FsyncedLog(path)
    log.commit({"id": "a"})
    log.commit({"id": "b"})

    assert synced == ['{"id": "a"}\n', '{"id": "a"}\n{"id": "b"}\n']
    log.close()


def test_threads_that_wait_together_share_one_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first fsync is held up until all other threads have queued their line behind it.
    log = FsyncedLog(tmp_path / "log")
    in_first, go_on, calls = threading.Event(), threading.Event(), []

    def slow(_descriptor: int) -> None:
        calls.append(1)
        in_first.set()
        assert go_on.wait(10)

    monkeypatch.setattr(os, "fsync", slow)
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(log.commit, {"id": 0})
        assert in_first.wait(10)
        others = [threads.submit(log.commit, {"id": number}) for number in range(1, 9)]
        while len(log._waiting) < 8:
            assert not first.done()
            time.sleep(0.01)
        go_on.set()
        for done in [first, *others]:
            done.result(timeout=10)

    assert len(calls) == 2
    lines = (tmp_path / "log").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == list(range(9))


def test_a_noted_line_comes_with_the_next_commit_or_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = FsyncedLog(path)
    log.note({"id": "a"})
    assert path.read_text() == ""
    log.commit({"id": "b"})
    assert path.read_text() == '{"id": "a"}\n{"id": "b"}\n'
    log.note({"id": "c"})
    log.close()
    assert path.read_text().endswith('{"id": "c"}\n')


def test_no_character_of_a_comment_ends_a_line(tmp_path: Path) -> None:
    log = FsyncedLog(tmp_path / "log")
    comment = "a\nb\r\n\u2028\u2029\u0085\ud800🦊"
    log.commit({"comment": comment})
    log.close()

    [line] = (tmp_path / "log").read_bytes().split(b"\n")[:-1]
    assert json.loads(line) == {"comment": comment}


def test_after_a_failed_sync_nothing_is_ever_called_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A full disk cannot be had here, so the system call that would report it is made to.
    log = FsyncedLog(tmp_path / "log")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(LogFailed, match="No space left on device"):
            log.commit({"id": "a"})
    with pytest.raises(LogFailed, match="No space left on device"):
        log.commit({"id": "b"})


def test_an_older_log_is_never_continued(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("another run\n")

    with pytest.raises(FileExistsError):
        FsyncedLog(tmp_path / "log")
    assert (tmp_path / "log").read_text() == "another run\n"
