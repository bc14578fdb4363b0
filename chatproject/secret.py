"""The signing key when none is given: made once per installation and kept private under `var/`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def load_or_make(path: Path) -> str:
    """The key in `path`, made there first if needed. Two processes starting together end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            # A hard link fails if the name exists, so the first process wins and no one reads half a key.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
