"""The signing key that is made when none is given."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatproject.secret import load_or_make


def test_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"
    first = load_or_make(path)
    assert len(first) >= 48
    assert load_or_make(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(16) as starters:
        keys = set(starters.map(lambda _: load_or_make(path), range(64)))
    assert keys == {path.read_text()}
