from __future__ import annotations

from typing import Any

import pytest

from bench.comments import table
from bench.peers.copying import BATCH_ROWS, cut, pages, row_of
from chat.codec.items import to_item
from chat.codec.rows import to_values


def test_the_loop_maps_an_item_as_the_codec_does() -> None:
    for comment in table(comments=200, rooms=5):
        assert row_of(to_item(comment)) == (*to_values(comment), comment.time_us)


@pytest.mark.parametrize(("rows", "sizes"), [(1, [1]), (BATCH_ROWS, [BATCH_ROWS]), (BATCH_ROWS + 1, [BATCH_ROWS, 1])])
def test_rows_are_cut_into_batches_and_none_is_lost(rows: int, sizes: list[int]) -> None:
    made = [(number,) for number in range(rows)]

    batches = list(cut(made))

    assert [len(batch) for batch in batches] == sizes
    assert [row for batch in batches for row in batch] == made


class Scanned:
    """A table of three pages. The engine's place is taken so that the edges of the pages are known."""

    def scan(self, *, ExclusiveStartKey: int = 0, **request: Any) -> dict[str, Any]:
        last = {} if ExclusiveStartKey == 2 else {"LastEvaluatedKey": ExclusiveStartKey + 1}
        return {"Items": [{"page": ExclusiveStartKey}], **last}


def test_every_page_of_a_scan_comes_once_and_in_order() -> None:
    assert list(pages(Scanned())) == [[{"page": 0}], [{"page": 1}], [{"page": 2}]]
