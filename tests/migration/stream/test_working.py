"""Changes of a real stream reach the target, whatever is repeated, late, or done by two workers."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from chat.data import Comment
from chat.exceptions import StoreUnavailable
from migration.apply.changeclock import reserve
from migration.enums import Phase, RunKind, RunState
from migration.models import QuarantinedItem, Rollout, Run, Shard, ShardState, Stream
from migration.stream import lease as leases
from migration.stream import reading, working
from migration.stream.lag import drained_in, lag_of, records_behind
from migration.stream.lineage import declare_gap, readable
from tests.migration.bed import OLD_US
from tests.migration.stream.conftest import Streamed
from tests.migration.vectors import hold, holder, stand


def post(number: int, text: str = "hi", *, room: str = "chat") -> Comment:
    """With six decimals, as most instants have."""
    return Comment(room, "ann", OLD_US + number * 1_000_000 + 123_457, text)


def counts(shard: Shard) -> tuple[int, int, int, int]:
    return shard.read, shard.applied, shard.quarantined, shard.drift


def test_inserts_edits_and_deletes_reach_the_target(streamed: Streamed) -> None:
    streamed.put(post(1), post(2), post(3))
    assert streamed.tail() == 3
    assert streamed.bed.rows() == {post(1), post(2), post(3)}

    streamed.put(post(2, "edited"))
    streamed.delete(post(3))
    assert streamed.tail() == 2

    assert streamed.bed.rows() == {post(1), post(2, "edited")}
    assert counts(streamed.shard()) == (5, 5, 0, 0)


def test_an_untouched_comment_carries_its_own_time_and_an_edit_a_later_stamp(streamed: Streamed) -> None:
    streamed.put(post(1), post(2))
    streamed.tail()
    assert streamed.bed.target.written_us(post(1)) == post(1).time_us  # type: ignore[attr-defined]
    (before,) = reserve()
    streamed.put(post(2, "edited"))
    streamed.tail()
    assert streamed.bed.target.written_us(post(2)) > before  # type: ignore[attr-defined]


def test_an_edit_wins_over_a_backfill_that_writes_what_it_read_before(streamed: Streamed) -> None:
    """The old text is the larger one, so at equal stamps it would win (protocol T4)."""
    streamed.put(post(1, "zzz"))
    streamed.put(post(1, "aaa"))
    streamed.tail()
    streamed.bed.target.upsert(post(1, "zzz"))
    assert streamed.bed.rows() == {post(1, "aaa")}


def test_a_delete_wins_over_a_backfill_that_comes_late(streamed: Streamed) -> None:
    streamed.put(post(1))
    streamed.delete(post(1))
    streamed.tail()
    streamed.bed.target.upsert(post(1))
    assert streamed.bed.rows() == set()


def test_what_is_created_anew_after_its_delete_shows(streamed: Streamed) -> None:
    streamed.put(post(1, "first"))
    streamed.delete(post(1))
    streamed.tail()
    streamed.put(post(1, "again"))
    streamed.tail()
    assert streamed.bed.rows() == {post(1, "again")}


def test_an_item_that_changes_its_room_leaves_the_old_one(streamed: Streamed) -> None:
    streamed.put(post(1))
    streamed.tail()
    streamed.put(post(1, room="other"))
    streamed.tail()
    assert streamed.bed.rows() == {post(1, room="other")}


def test_repeating_the_whole_stream_changes_no_row(streamed: Streamed) -> None:
    streamed.put(post(1), post(2), post(3))
    streamed.put(post(2, "edited"))
    streamed.delete(post(3))
    streamed.tail()
    Shard.objects.update(checkpoint="")
    assert streamed.tail() == 5
    assert streamed.bed.rows() == {post(1), post(2, "edited")}


def test_a_second_look_begins_at_the_checkpoint(streamed: Streamed) -> None:
    streamed.put(post(1))
    assert (streamed.tail(), streamed.tail()) == (1, 0)


def test_an_item_that_cannot_be_mapped_is_quarantined_and_holds_up_nothing(streamed: Streamed) -> None:
    streamed.put_item({"name": {"S": "ann"}, "time": {"S": "noon"}, "chat_room": {"S": "chat"}})
    streamed.put(post(1))
    streamed.tail()
    assert list(QuarantinedItem.objects.values_list("time", "code")) == [("noon", "missing_comment")]
    assert counts(streamed.shard()) == (2, 1, 1, 0)
    assert streamed.bed.rows() == {post(1)}


def test_the_shorter_spelling_has_the_row_and_its_delete_gives_it_to_the_other(streamed: Streamed) -> None:
    short = Comment("chat", "ann", OLD_US + 500_000, "short")
    long = Comment("chat", "ann", OLD_US + 500_000, "zzz long", time_raw=f"{OLD_US // 1_000_000}.50")
    streamed.put(long, short)
    streamed.tail()
    assert streamed.bed.rows() == {short}
    assert list(QuarantinedItem.objects.values_list("time", "code")) == [(long.time, "key_collision")]
    streamed.delete(short)
    streamed.tail()
    assert streamed.bed.rows() == {long}


def test_while_the_target_decides_records_are_counted_and_not_applied(streamed: Streamed, rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    streamed.put(post(1))
    streamed.tail()
    assert streamed.bed.rows() == set()
    assert counts(streamed.shard()) == (1, 0, 0, 1)


def test_in_a_hold_it_drains_and_says_so_once_every_writer_has_confirmed(streamed: Streamed, rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    streamed.put(post(1))
    epoch = hold(rollout)
    late = holder(acked=epoch - 1)
    streamed.tail()
    assert streamed.bed.rows() == {post(1)}
    assert not drained_in(streamed.stream, epoch)
    type(late).objects.filter(pk=late.pk).update(acked_epoch=epoch)
    streamed.tail()
    assert drained_in(streamed.stream, epoch)


def test_a_worker_whose_lease_was_taken_neither_counts_nor_moves_the_checkpoint(
    streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It froze after its page was applied; meanwhile another one took the shard and read it."""
    streamed.put(post(1))
    save = leases.save

    def frozen_save(lease: leases.ShardLease, **values: Any) -> None:
        monkeypatch.setattr(leases, "save", save)
        Shard.objects.update(state=ShardState.PENDING, fence=lease.fence + 1)
        assert streamed.tail() == 1
        save(lease, **values)

    monkeypatch.setattr(leases, "save", frozen_save)
    shard = streamed.shard()
    assert working.work(shard, until=monotonic() + 5) == 0
    assert counts(streamed.shard()) == (1, 1, 0, 0)
    assert streamed.bed.rows() == {post(1)}


def test_a_frozen_worker_that_would_write_an_old_state_gets_no_stamp(
    streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed.put(post(1))
    streamed.tail()
    streamed.put(post(1, "edited"))

    def taken(lease: leases.ShardLease) -> None:
        Shard.objects.update(state=ShardState.PENDING, fence=lease.fence + 1)
        monkeypatch.undo()
        beat(lease)

    beat = leases.beat
    with monkeypatch.context() as patch:
        patch.setattr(leases, "beat", taken)
        assert working.work(streamed.shard(), until=monotonic() + 5) == 0
    assert streamed.bed.rows() == {post(1)}
    assert counts(streamed.shard()) == (1, 1, 0, 0)


def test_a_target_that_is_away_leaves_the_checkpoint_and_says_why(
    streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Injected where the client of the engine is called."""
    streamed.put(post(1))

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("scylla-room", "no node is up")

    with monkeypatch.context() as patch:
        patch.setattr(working, "apply", away)
        with pytest.raises(StoreUnavailable):
            streamed.tail()
    shard = streamed.shard()
    assert (shard.state, shard.checkpoint, shard.error) == ("pending", "", "scylla-room: no node is up")
    assert streamed.tail() == 1
    assert streamed.bed.rows() == {post(1)}


def test_an_expired_iterator_is_opened_again_from_the_checkpoint(
    streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB Local's live 15 minutes as well, so the first use is made to fail."""
    streamed.put(post(1))
    page = reading.page
    failed: list[str] = []

    def expiring(iterator: str, **options: Any) -> reading.RecordPage:
        if not failed:
            failed.append(iterator)
            raise reading.IteratorExpired
        return page(iterator, **options)

    monkeypatch.setattr(reading, "page", expiring)
    assert streamed.tail() == 1
    assert len(failed) == 1


def test_a_trimmed_shard_is_a_gap_that_stays(streamed: Streamed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ages 24 hours here, so the service's answer is injected."""

    def trimmed(*_: Any, **__: Any) -> str:
        raise reading.Trimmed("older than the trim horizon")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "iterator", trimmed)
        assert streamed.tail() == 0
    assert streamed.shard().state == ShardState.LOST
    now = lag_of(streamed.stream)
    assert now.level == "gap"
    assert now.gap.endswith("a backfill is needed")


def test_a_shard_whose_checkpoint_was_trimmed_is_read_from_what_is_left(
    streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed.put(post(1))
    streamed.tail()
    streamed.put(post(2))
    iterator = reading.iterator

    def trimmed(arn: str, shard_id: str, *, after: str) -> str:
        if after:
            raise reading.Trimmed("older than the trim horizon")
        return iterator(arn, shard_id, after=after)

    monkeypatch.setattr(reading, "iterator", trimmed)
    # In the same look or the next one.
    assert streamed.tail() + streamed.tail() == 2
    assert streamed.bed.rows() == {post(1), post(2)}
    assert lag_of(streamed.stream).level == "gap"


def test_only_a_backfill_that_began_after_the_gap_closes_it(streamed: Streamed) -> None:
    before = Run.objects.create(
        kind=RunKind.BACKFILL, state=RunState.DONE, source="dynamodb", target="scylla-room", epoch=1
    )
    streamed.tail()
    declare_gap(streamed.stream, "shard 7 was trimmed")
    assert lag_of(streamed.stream).level == "gap"
    Run.objects.create(kind=RunKind.PARITY, state=RunState.DONE, source="dynamodb", target="scylla-room", epoch=1)
    assert lag_of(streamed.stream).level == "gap"
    Run.objects.create(kind=before.kind, state=before.state, source="dynamodb", target="scylla-room", epoch=1)
    assert (lag_of(streamed.stream).level, lag_of(streamed.stream).gap) == ("ok", "")


def test_an_unread_shard_that_is_listed_no_more_is_a_gap(streamed: Streamed) -> None:
    Shard.objects.create(stream=streamed.stream, shard_id="shard-gone")
    streamed.tail()
    assert Shard.objects.get(shard_id="shard-gone").state == ShardState.LOST
    assert "shard-gone was trimmed after nothing of it was read" in Stream.objects.get().gap


def test_a_child_waits_until_its_parent_is_at_its_end(streamed: Streamed) -> None:
    parent = streamed.shard()
    child = Shard.objects.create(stream=streamed.stream, shard_id="child", parent_id=parent.shard_id)
    assert readable(streamed.stream) == [parent]
    Shard.objects.filter(pk=parent.pk).update(state=ShardState.DONE)
    assert readable(streamed.stream) == [child]


def test_a_closed_shard_is_done_once_it_is_read(streamed: Streamed) -> None:
    streamed.put(post(1))
    streamed.client.update_table(TableName=streamed.table, StreamSpecification={"StreamEnabled": False})
    streamed.tail()
    assert streamed.shard().state == ShardState.DONE
    assert streamed.bed.rows() == {post(1)}


def test_the_records_that_wait_are_counted(streamed: Streamed) -> None:
    streamed.put(post(1), post(2), post(3))
    assert records_behind(streamed.stream) == (3, True)
    assert records_behind(streamed.stream, most=2) == (2, False)
    streamed.tail()
    assert records_behind(streamed.stream) == (0, True)


def test_lag_alarms_while_nobody_reads(streamed: Streamed) -> None:
    streamed.tail()
    assert lag_of(streamed.stream).level == "ok"
    for hours, level in ((0.1, "late"), (1.1, "alarm")):
        Shard.objects.update(handled_to=streamed.stream.enabled_at - timedelta(hours=hours))
        assert lag_of(streamed.stream).level == level
