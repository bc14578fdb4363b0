"""Comments, instants and spellings as real tables hold them, for the property tests of the codec."""

from __future__ import annotations

from hypothesis import strategies as st

from chat.codec.timetext import MAX_TIME_US, MIN_TEN_DIGIT_US, canonical
from chat.data import Comment

# Round instants come often: dropped zeros and carries are where time text goes wrong.
_STEPS = st.sampled_from((1, 10, 1_000, 100_000, 1_000_000, 1_000_000_000_000))


def instants(low: int = 0, high: int = MAX_TIME_US) -> st.SearchStrategy[int]:
    def rounded(time_us: int, step: int, near: int) -> int:
        return min(max(time_us // step * step + near, low), high)

    return st.builds(rounded, st.integers(low, high), _STEPS, st.integers(-1, 1))


ten_digit_instants = instants(MIN_TEN_DIGIT_US)


def spellings_of(time_us: int) -> list[str]:
    """Every mappable text of one instant, in text order."""
    text = canonical(time_us)
    seconds, decimals = text.split(".")
    padded = [f"{seconds}.{decimals:0<{width}}" for width in range(len(decimals), 7)]
    return [seconds, *padded] if decimals == "0" else padded


def spellings(times: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return times.flatmap(lambda time_us: st.sampled_from(spellings_of(time_us)))


# All of unicode that UTF-8 can spell, NUL and the planes beyond the first included.
texts = st.text(st.characters(codec="utf-8"))


def _comment(room: str, name: str, time_us: int, text: str, spelling: int) -> Comment:
    ways = spellings_of(time_us)
    time = ways[spelling % len(ways)]
    return Comment(room, name, time_us, text, None if time == canonical(time_us) else time)


def comments(times: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Comment]:
    named = st.text(st.characters(codec="utf-8"), min_size=1)
    return st.builds(_comment, named, named, times or instants(), texts, st.integers(0, 6))
