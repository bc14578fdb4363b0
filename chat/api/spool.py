"""An answer of any size in constant memory whose length is known before its first byte is sent.

Why not simply a generator: the server ends a chunked body cleanly when its generator raises, so a client sees
a whole answer where there is half of one (a test on the real server holds this fact). With a Content-Length
the server drops the connection when the body ends early; and a store that fails half way is met before the
head is sent, so that it becomes an ordinary 503. The price: the first byte waits for the last row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

IN_MEMORY_BYTES = 1 << 20
"""A longer answer moves to an unnamed file in the system's temporary directory (TMPDIR)."""
BLOCK_BYTES = 1 << 16


class Spool:
    """Written at once, then iterated once, in blocks. Closed with its response, or by a write that fails."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - it outlives this call
        try:
            self.length = sum(map(self._file.write, chunks))
        except BaseException:
            self._file.close()
            raise
        self._file.seek(0)

    def __iter__(self) -> Iterator[bytes]:
        while block := self._file.read(BLOCK_BYTES):
            yield block

    def close(self) -> None:
        self._file.close()
