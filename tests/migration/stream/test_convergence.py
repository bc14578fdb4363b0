"""Whatever order edits, deletes, backfills and repeated stream pages come in, the target ends as the source."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chat.data import Comment
from migration.models import Shard
from tests.migration.bed import OLD_US
from tests.migration.stream.conftest import Streamed

numbers = count(1)
STEPS = st.lists(
    st.sampled_from(
        ["post", "edit up", "edit down", "delete", "backfill reads", "backfill writes", "stream", "stream again"]
    ),
    min_size=3,
    max_size=9,
)
TEXTS = {"post": "mmm", "edit up": "zzz", "edit down": "aaa"}


def key(number: int, text: str) -> Comment:
    return Comment("chat", "ann", OLD_US + number * 1_000_000 + 123_457, text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=["post", "delete", "stream", "post"])
@given(steps=STEPS)
def test_the_target_always_ends_as_the_source(streamed: Streamed, steps: list[str]) -> None:
    number = next(numbers)
    held: Comment | None = None
    source: Comment | None = None
    for step in steps:
        if step in TEXTS:
            source = key(number, TEXTS[step])
            streamed.put(source)
        elif step == "delete":
            source = None
            streamed.delete(key(number, ""))
        elif step == "backfill reads":
            held = source
        elif step == "backfill writes" and held is not None:
            streamed.bed.target.upsert(held)
        elif step == "stream":
            streamed.tail()
        elif step == "stream again":
            Shard.objects.update(checkpoint="")
            streamed.tail()
    streamed.tail()
    # The slowest of them comes after all.
    if held is not None:
        streamed.bed.target.upsert(held)
    there = {row for row in streamed.bed.rows() if row.time_us == key(number, "").time_us}
    assert there == ({source} if source is not None else set())
