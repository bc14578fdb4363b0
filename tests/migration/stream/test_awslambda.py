"""The Lambda entry point on an event as AWS records it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat.data import Comment
from chat.exceptions import StoreUnavailable
from migration.enums import HolderState, Phase
from migration.models import Holder, QuarantinedItem, Rollout
from migration.stream import working
from migration.stream.awslambda import handler
from tests.migration.stream.conftest import Streamed
from tests.migration.vectors import stand

EVENT = json.loads((Path(__file__).parent / "lambda_event.json").read_text())
KEPT = Comment("chat", "ann", 1_700_000_001_123_457, "kept")
GONE = Comment("chat", "ann", 1_700_000_002_123_457, "gone")
EDITED = Comment("chat", "bob", 1_700_000_003_123_457, "after")


@pytest.fixture
def source(streamed: Streamed) -> Streamed:
    """The table as it is once all the event tells has happened."""
    streamed.put(KEPT, EDITED)
    return streamed


def test_an_event_is_applied_and_each_record_accounted_for(source: Streamed) -> None:
    source.bed.target.upsert_many([GONE, Comment("chat", "bob", EDITED.time_us, "zzz before")])
    assert handler(EVENT, None) == {"read": 4, "applied": 3, "quarantined": 1, "drift": 0}
    assert source.bed.rows() == {KEPT, EDITED}
    assert [row.code for row in QuarantinedItem.objects.all()] == ["comment_not_text"]


def test_an_event_that_comes_twice_changes_no_more(source: Streamed) -> None:
    handler(EVENT, None)
    handler(EVENT, None)
    assert source.bed.rows() == {KEPT, EDITED}
    assert QuarantinedItem.objects.count() == 1


def test_the_function_and_the_tailer_converge(source: Streamed) -> None:
    handler(EVENT, None)
    source.tail()
    handler(EVENT, None)
    assert source.bed.rows() == {KEPT, EDITED}


def test_while_the_target_decides_it_only_counts(source: Streamed, rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    assert handler(EVENT, None) == {"read": 4, "applied": 0, "quarantined": 0, "drift": 4}
    assert source.bed.rows() == set()


def test_each_call_is_a_holder_while_it_works_and_no_longer(source: Streamed) -> None:
    handler(EVENT, None)
    assert [(holder.kind, holder.state) for holder in Holder.objects.all()] == [("worker", HolderState.LEFT)]


def test_an_error_is_raised_so_that_the_batch_comes_again(source: Streamed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Injected where the engine is called."""

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("scylla-room", "no node is up")

    monkeypatch.setattr(working, "apply", away)
    with pytest.raises(StoreUnavailable):
        handler(EVENT, None)
