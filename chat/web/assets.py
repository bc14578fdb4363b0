"""Addresses of the page's assets, with a fingerprint of their content, so that no browser runs an old script.

They do not depend on a collected manifest: the page works in a fresh checkout too.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(__file__).parent / "static" / "chat"


@cache
def asset_url(name: str) -> str:
    fingerprint = hashlib.blake2b((FOLDER / name).read_bytes(), digest_size=6).hexdigest()
    return f"{settings.STATIC_URL}chat/{name}?v={fingerprint}"
