"""A spool keeps an answer of any size in constant memory and knows its length."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from chat.api import spool
from chat.api.spool import BLOCK_BYTES, Spool


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_what_goes_in_comes_out_with_its_length(count: int) -> None:
    chunks = [bytes([number % 256]) * 1500 for number in range(count)]
    kept = Spool(chunks)
    assert kept.length == 1500 * count
    assert b"".join(kept) == b"".join(chunks)


def test_blocks_are_bounded() -> None:
    assert max(map(len, Spool([b"x" * 300_000]))) == BLOCK_BYTES


def test_memory_does_not_grow_with_the_answer() -> None:
    def chunks(count: int) -> Iterator[bytes]:
        return (b"x" * 65536 for _ in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        kept = Spool(chunks(count))
        assert sum(map(len, kept)) == 65536 * count
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(640) < 3 * spool.IN_MEMORY_BYTES  # 40 MB went through


def test_a_failing_source_closes_the_spool_and_raises() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x" * (2 * spool.IN_MEMORY_BYTES)
        raise OSError("the store went away")

    with pytest.raises(OSError, match="went away"):
        Spool(chunks())


def test_a_closed_spool_gives_nothing() -> None:
    kept = Spool([b"abc"])
    kept.close()
    with pytest.raises(ValueError, match="closed"):
        list(kept)
