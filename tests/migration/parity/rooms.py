"""Rooms as each kind of store keeps and gives them, told by brute force and not by our stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from hypothesis import strategies as st

from chat.codec.items import from_item
from chat.data import Comment
from chat.stores.memory import MemoryStore

ROOM = "chat"
FAR_US = 10_000_000_000_000_000
"""Beyond every time there is."""

NAMES = ("a", "b", "ab", "é", "\uffff", "😀")
"""The last two are in the order of code points, which UTF-16 has the other way round."""
TIMES = (
    *(f"170000000{second}.{fraction}" for second in range(3) for fraction in ("0", "25", "5", "000001")),
    "1700000000",
    "1700000000.00",
    "1700000001.50",
    "1700000001.500000",
    "1700000002.250",
    "9.5",
    "9",
    "0",
    "0.0",
    "1000000",
    "999999999.5",
)


def at(time: str, *, name: str = "a", text: str = "x") -> Comment:
    item = {"name": {"S": name}, "time": {"S": time}, "comment": {"S": text}, "chat_room": {"S": ROOM}}
    return from_item(item, now_us=FAR_US)


def comments() -> st.SearchStrategy[list[Comment]]:
    one = st.builds(
        lambda time, name, text: at(time, name=name, text=text),
        st.sampled_from(TIMES),
        st.sampled_from(NAMES),
        st.sampled_from(("x", "y")),
    )
    return st.lists(one, max_size=40)


def as_dynamodb(found: Iterable[Comment]) -> list[Comment]:
    """One item for each name and spelling; text order, newest first; the spellings of one instant by name."""
    items = {(comment.name, comment.time): comment for comment in found}
    by_text = sorted(items.values(), key=attrgetter("time"), reverse=True)
    runs = (sorted(run, key=attrgetter("name", "time")) for _, run in groupby(by_text, attrgetter("time_us")))
    return [comment for run in runs for comment in run]


def as_cql(found: Iterable[Comment]) -> list[Comment]:
    """One row for each name and instant; number order, newest first, ties by name."""
    rows = {(comment.name, comment.time_us): comment for comment in found}
    return sorted(rows.values(), key=lambda comment: (-comment.time_us, comment.name))


@dataclass
class Streams(MemoryStore):
    """Gives a room from a generator, so that nothing but the comparison itself keeps a comment."""

    make: Callable[[], Iterator[Comment]]

    def stream_room(self, room: str) -> Iterator[Comment]:
        return self.make()


def steps(count: int) -> Callable[[], Iterator[Comment]]:
    """Newest first, each a microsecond older than the one before."""
    start = 1_700_000_000_000_000

    def generate() -> Iterator[Comment]:
        return (Comment(ROOM, "ann", start - number, f"text {number}") for number in range(count))

    return generate


def without(comments: Sequence[Comment], *missing: Comment) -> list[Comment]:
    return [comment for comment in comments if comment not in missing]
