"""The flags of one epoch: what they mean for traffic, and that they are never torn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from chat.data import Endpoint, StoreId
from chat.exceptions import NotServing
from chat.routing.ports import ReadRoute, WriteRoute
from migration.enums import MirrorMode, Phase, ReadFlag, WriteFlag
from migration.flags import snapshot as module
from migration.flags.snapshot import Owes, ReadState, Snapshot, bucket, load
from migration.models import Rollout, Route, StoreState
from tests.migration.flags.snapshots import FIRST, at, held, reading
from tests.migration.vectors import LATEST, POST, READS, flip_to, new_epoch, place, stand

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.mark.parametrize(
    ("flag", "authority", "mirror"),
    [
        (WriteFlag.SOURCE, SOURCE, None),
        (WriteFlag.SOURCE_MIRROR, SOURCE, TARGET),
        (WriteFlag.TARGET_MIRROR, TARGET, SOURCE),
        (WriteFlag.TARGET, TARGET, None),
    ],
)
def test_what_a_write_flag_means(flag: WriteFlag, authority: StoreId, mirror: StoreId | None) -> None:
    assert at(7, flag).write_route() == WriteRoute(epoch=7, authority=authority, mirror=mirror)


@pytest.mark.parametrize("flag", [ReadFlag.SOURCE, ReadFlag.SOURCE_SHADOW])
def test_reads_come_from_the_source_before_the_cutover(flag: ReadFlag) -> None:
    assert {reading(flag).read_route(LATEST, f"room {n}").store for n in range(100)} == {SOURCE}


def test_a_full_ramp_and_a_decommissioned_source_leave_every_room_to_the_target() -> None:
    for snapshot in (reading(ReadFlag.TARGET_RAMP, ramp=100), reading(ReadFlag.TARGET)):
        assert {snapshot.read_route(LATEST, f"room {n}").store for n in range(1000)} == {TARGET}


def test_a_ramp_of_nothing_is_the_source() -> None:
    snapshot = reading(ReadFlag.TARGET_RAMP, ramp=0)
    assert {snapshot.read_route(LATEST, f"room {n}").store for n in range(1000)} == {SOURCE}


def test_a_room_has_the_same_place_in_every_process_and_release() -> None:
    # Fixed here: another hash would move rooms back and forth between two versions of the program.
    assert [bucket(key) for key in ("chat", "", "room", "ü")] == [29, 25, 19, 43]


def test_raising_a_ramp_takes_rooms_to_the_target_and_none_back() -> None:
    rooms = [f"room {n}" for n in range(2000)]
    before: set[str] = set()
    for ramp in range(0, 101, 10):
        snapshot = reading(ReadFlag.TARGET_RAMP, ramp=ramp)
        on_target = {room for room in rooms if snapshot.read_route(LATEST, room).store is TARGET}
        assert before <= on_target
        assert abs(len(on_target) / 20 - ramp) < 5
        before = on_target


def test_the_stores_a_process_must_reach() -> None:
    assert reading(ReadFlag.SOURCE).answering() == {SOURCE}
    assert reading(ReadFlag.TARGET).answering() == {SOURCE, TARGET}
    assert reading(ReadFlag.TARGET, enabled=False).answering() == {SOURCE}
    assert held(1).answering() == {SOURCE}
    assert held(1).written() == {SOURCE, TARGET}
    assert at(1, WriteFlag.TARGET).written() == {TARGET}


def test_a_snapshot_is_the_rows_of_the_active_rollout(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER, ramp=40)
    loaded = load()
    assert (loaded.epoch, loaded.moving, loaded.source, loaded.target) == (1, False, SOURCE, TARGET)
    assert loaded.write is WriteFlag.TARGET_MIRROR
    assert {endpoint: loaded.reads[endpoint].ramp for endpoint in READS} == dict.fromkeys(READS, 40)
    assert not loaded.reads[Endpoint.USER_TIMELINE].enabled


def test_an_unchanged_epoch_costs_one_query(
    rollout: Rollout, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    known = load()
    Rollout.objects.update(moving=True)
    with django_assert_num_queries(1):
        again = load(known)
    assert (again.epoch, again.moving, again.reads) == (known.epoch, True, known.reads)


def test_a_flip_in_the_middle_of_loading_is_not_torn(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flip lands after the epoch and before the rows were read, so that the two do not belong together."""
    flips = iter([Phase.DUAL])

    def read_late(known: Rollout, complete: frozenset[StoreId]) -> Any:
        for phase in flips:
            flip_to(known, POST, phase)
        return original(known, complete)

    original = module._read
    monkeypatch.setattr(module, "_read", read_late)
    loaded = load()
    assert (loaded.epoch, loaded.write) == (2, WriteFlag.SOURCE_MIRROR)


def test_a_flip_right_after_the_rows_were_read_is_seen(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    flips = iter([Phase.DUAL])

    def then_flip(known: Rollout, complete: frozenset[StoreId]) -> Any:
        read = original(known, complete)
        for phase in flips:
            flip_to(known, POST, phase)
        return read

    original = module._read
    monkeypatch.setattr(module, "_read", then_flip)
    loaded = load()
    assert (loaded.epoch, loaded.write) == (2, WriteFlag.SOURCE_MIRROR)


def test_without_an_active_rollout_nothing_can_be_served(rollout: Rollout) -> None:
    Rollout.objects.update(active=False)
    with pytest.raises(NotServing, match=r"manage\.py migrate"):
        load()


def test_a_changed_share_is_seen_with_its_epoch(rollout: Rollout) -> None:
    known = load()
    place(LATEST, Phase.CUTOVER, ramp=30)
    # The epoch is what says that the rows changed; a flip always raises it.
    assert load(known).reads[LATEST].ramp == 0
    flip_to(rollout, LATEST, Phase.CUTOVER, ramp=30)
    assert load(known).reads[LATEST].ramp == 30
    assert Route.objects.get(endpoint=LATEST).ramp_percent == 30


# Indebted rooms, and the store that answers in another one's place


CUTOVER = dict.fromkeys(READS, ReadState(ReadFlag.TARGET_RAMP, 100))


def mirrored(*complete: StoreId, write: WriteFlag = WriteFlag.SOURCE_MIRROR) -> Snapshot:
    return Snapshot(3, False, SOURCE, TARGET, write, CUTOVER, frozenset(complete))


def owes(*stores: StoreId) -> Owes:
    return lambda store, room: store in stores and room == "chat"


@pytest.mark.parametrize("write", [WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR])
def test_a_room_is_read_from_the_store_that_is_owed_nothing_of_it(write: WriteFlag) -> None:
    snapshot = mirrored(SOURCE, TARGET, write=write)
    assert snapshot.read_route(LATEST, "chat", owes=owes(TARGET)) == ReadRoute(
        epoch=3, store=SOURCE, fallback=TARGET, fallback_stale=True
    )
    assert snapshot.read_route(LATEST, "other", owes=owes(TARGET)) == ReadRoute(epoch=3, store=TARGET, fallback=SOURCE)


@pytest.mark.parametrize(
    ("snapshot", "indebted"),
    [
        (mirrored(TARGET), owes(TARGET)),
        (mirrored(SOURCE, TARGET, write=WriteFlag.TARGET), owes(TARGET)),
        (mirrored(SOURCE, TARGET), owes(SOURCE, TARGET)),
    ],
    ids=["the other one is not complete", "the other one is not written", "both are owed"],
)
def test_where_no_other_store_can_answer_the_answer_is_stale(snapshot: Snapshot, indebted: Owes) -> None:
    assert snapshot.read_route(LATEST, "chat", owes=indebted) == ReadRoute(epoch=3, store=TARGET, stale=True)


def test_a_fallback_that_is_owed_the_room_is_known_as_stale() -> None:
    assert mirrored(SOURCE, TARGET).read_route(LATEST, "chat", owes=owes(SOURCE)) == ReadRoute(
        epoch=3, store=TARGET, fallback=SOURCE, fallback_stale=True
    )


@pytest.mark.parametrize("snapshot", [mirrored(TARGET), mirrored(SOURCE, TARGET, write=WriteFlag.TARGET)])
def test_only_a_complete_and_written_store_is_a_fallback(snapshot: Snapshot) -> None:
    assert snapshot.read_route(LATEST, "chat") == ReadRoute(epoch=3, store=TARGET)


def test_a_source_that_answers_has_no_fallback() -> None:
    """Nothing is gained: what the source lacks, the target lacks as well."""
    assert reading(ReadFlag.SOURCE).read_route(LATEST, "chat").fallback is None


def test_complete_stores_are_loaded_with_the_flags(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    assert load().complete == {SOURCE, TARGET}
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, complete=False)
    assert load().complete == {SOURCE}


@pytest.mark.parametrize(
    ("snapshot", "later"),
    [
        (FIRST, True),
        (reading(ReadFlag.SOURCE_SHADOW), True),
        (reading(ReadFlag.TARGET_RAMP, ramp=0), False),
        (reading(ReadFlag.TARGET_RAMP, ramp=0, enabled=False), True),
        (reading(ReadFlag.TARGET), False),
        (at(2, WriteFlag.TARGET_MIRROR), False),
        (at(2, WriteFlag.SOURCE), False),
    ],
)
def test_the_mirror_follows_the_answer_only_while_it_answers_nobody(snapshot: Snapshot, later: bool) -> None:
    """Protocol W9; whatever the row says, no holder acts on it while a read is answered from the mirror."""
    assert replace(snapshot, mirror_mode=MirrorMode.ASYNC).write_route().mirror_later is later
    assert snapshot.write_route().mirror_later is False


def test_the_mirror_mode_is_loaded_with_the_flags(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    known = load()
    Route.objects.filter(endpoint=POST).update(mirror_mode=MirrorMode.ASYNC)
    new_epoch(rollout)
    assert (known.mirror_mode, load(known).mirror_mode) == (MirrorMode.SYNC, MirrorMode.ASYNC)


def test_a_late_mirror_stands_in_for_nobody() -> None:
    """A room whose source is owed a comment is read there all the same, as stale: the target may lack answers (W9)."""
    late = replace(FIRST, mirror_mode=MirrorMode.ASYNC, complete=frozenset({SOURCE, TARGET}))
    read = late.read_route(LATEST, "chat", owes=lambda store, room: store == SOURCE)
    assert (read.store, read.fallback, read.stale) == (SOURCE, None, True)
    prompt = replace(late, mirror_mode=MirrorMode.SYNC)
    assert prompt.read_route(LATEST, "chat", owes=lambda store, room: store == SOURCE).store is TARGET


def test_a_store_that_is_voided_is_no_fallback_any_more_whatever_the_epoch(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    known = load()
    assert known.complete == {SOURCE, TARGET}
    StoreState.objects.filter(store=SOURCE).update(complete=False)
    voided = load(known)
    assert voided.epoch == known.epoch
    assert voided.complete == {TARGET}
    StoreState.objects.filter(store=SOURCE).update(complete=True)
    # Complete again is for the next epoch.
    assert load(voided).complete == {TARGET}
    new_epoch(rollout)
    assert load(voided).complete == {SOURCE, TARGET}
