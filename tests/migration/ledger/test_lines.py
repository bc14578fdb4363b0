"""A line is an entry or is known not to be one, whatever became of its bytes."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.data import Comment
from migration.enums import DebtState
from migration.ledger.lines import Damaged, Entry, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]))
entries = st.builds(
    Entry,
    comment=st.builds(
        Comment,
        room=texts,
        name=texts,
        time_us=st.integers(0, 2**62),
        text=texts,
        time_raw=st.none() | texts,
    ),
    holder=texts,
    owed=texts,
    state=st.sampled_from(DebtState),
    cause=texts,
)


@given(entries)
def test_any_entry_comes_back_from_one_line(entry: Entry) -> None:
    line = encode(entry)
    assert b"\n" not in line
    assert decode(line) == entry


@given(entries, st.data())
def test_a_changed_byte_is_noticed(entry: Entry, data: st.DataObject) -> None:
    line = bytearray(encode(entry))
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged):
        decode(bytes(line))


@pytest.mark.parametrize(
    "body", [b"", b"1", b"{}", b'{"comment": {}}', b'{"comment": {"room": "r"}, "state": "no such state"}']
)
def test_a_whole_line_of_something_else_is_damaged_too(body: bytes) -> None:
    with pytest.raises(Damaged, match="not an entry"):
        decode(b"%08x %b" % (crc32(body), body))
