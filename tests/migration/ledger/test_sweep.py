"""The recency sweep owes each store what it lacks of late, and never deletes (protocol D4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chat.clock import wall_us
from chat.conf import Role
from chat.data import Comment, Page, Position, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from migration.enums import Phase, WriteFlag
from migration.ledger import steadiness
from migration.ledger import sweep as module
from migration.ledger.steadiness import BELIEVED_US, SteadyTime
from migration.ledger.sweep import OVERLAP_US, PAGE, Swept, sweep
from migration.models import ActiveRoom, Debt, Rollout, SweepState
from tests.migration.vectors import hold, stand

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM
SECOND = 1_000_000


class Lagging(MemoryStore):
    """Its index does not show some comments yet; a strong read by key does."""

    hidden: frozenset[Comment] = frozenset()

    def __init__(self, store_id: StoreId) -> None:
        super().__init__()
        # As the rows of the ledger name it.
        self.id = store_id

    def since(self, room: str, position: str, after: Position | None, limit: int) -> Page:
        page = super().since(room, position, after, limit)
        return Page(tuple(one for one in page.items if one not in self.hidden), page.next)


class Ground:
    def __init__(self) -> None:
        self.source, self.target = Lagging(SOURCE), Lagging(TARGET)
        self.now = wall_us()

    def open_store(self, store_id: StoreId, role: Role) -> Store:
        assert role is Role.WORKER
        return self.source if store_id is SOURCE else self.target

    def comment(self, ago: float, *, room: str = "chat", text: str = "hi") -> Comment:
        """Of so many seconds ago, in a room that was noted as written to then."""
        said = Comment(room, "ann", self.now - int(ago * SECOND), text)
        ActiveRoom.objects.update_or_create(room=room, defaults={"last_us": said.time_us})
        return said

    def sweep(self) -> Swept | None:
        return sweep(self.open_store)


@pytest.fixture
def ground(rollout: Rollout) -> Ground:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    return Ground()


def owed() -> list[tuple[str, str, str, str]]:
    return [(debt.text, debt.holder, debt.owed, debt.state) for debt in Debt.objects.order_by("text")]


def test_either_store_is_owed_what_only_the_other_has(ground: Ground) -> None:
    ground.source.upsert(ground.comment(20, text="in the source"))
    ground.target.upsert(ground.comment(30, text="in the target"))
    both = ground.comment(40, text="in both")
    ground.source.upsert(both)
    ground.target.upsert(both)
    assert ground.sweep() == Swept(rooms=1, compared=3, missing=2)
    assert owed() == [("in the source", SOURCE, TARGET, "open"), ("in the target", TARGET, SOURCE, "open")]


def test_what_may_still_be_on_its_way_is_left_alone(ground: Ground) -> None:
    ground.source.upsert(ground.comment(1))
    assert ground.sweep() == Swept(rooms=1, compared=0, missing=0)
    assert owed() == []


def test_nothing_is_deleted_and_a_difference_is_left_to_parity(ground: Ground) -> None:
    said = ground.comment(20, text="here")
    there = replace(said, text="there")
    ground.source.upsert(said)
    ground.target.upsert(there)
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=0)
    assert list(ground.source.stream_room("chat")) == [said]
    assert list(ground.target.stream_room("chat")) == [there]
    assert owed() == []


def test_an_index_that_lags_owes_nothing(ground: Ground) -> None:
    said = ground.comment(20)
    ground.source.upsert(said)
    ground.target.upsert(said)
    ground.source.hidden = frozenset({said})
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=0)
    assert owed() == []


def test_what_is_gone_at_the_second_look_is_not_owed(ground: Ground) -> None:
    """A deletion between the two looks must not come back."""
    said = ground.comment(20)
    ground.source.upsert(said)
    ground.source.get = lambda room, name, time: None  # type: ignore[method-assign]  # the injected event
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=0)


def test_the_first_sweep_goes_back_ten_minutes(ground: Ground) -> None:
    """What is older was there before writes were mirrored, and is the backfill's business."""
    ground.source.upsert(ground.comment(OVERLAP_US / SECOND + 60, text="older"))
    ground.source.upsert(ground.comment(OVERLAP_US / SECOND - 60, text="newer"))
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=1)
    assert [text for text, *_ in owed()] == ["newer"]


def test_the_clean_start_moves_only_when_nothing_is_missing(ground: Ground) -> None:
    ground.source.upsert(ground.comment(20))
    ground.sweep()
    first = SweepState.objects.get()
    assert (first.last_missing, first.clean_start_us) == (1, first.last_start_us)
    ground.sweep()
    second = SweepState.objects.get()
    assert second.clean_start_us == first.clean_start_us < second.last_start_us
    ground.target.upsert_many(list(ground.source.stream_room("chat")))
    ground.sweep()
    third = SweepState.objects.get()
    assert third.clean_start_us == third.last_start_us > second.last_start_us


def test_a_sweep_goes_back_to_the_last_clean_one_however_long_ago(ground: Ground) -> None:
    hour = 3600 * SECOND
    SweepState.objects.create(pk=SweepState.ONLY, clean_start_us=ground.now - hour)
    ground.source.upsert(ground.comment(3600 + 500, text="within the overlap"))
    ground.source.upsert(ground.comment(3600 + 700, text="before it"))
    ActiveRoom.objects.update(last_us=ground.now - hour)
    ground.sweep()
    assert [text for text, *_ in owed()] == ["within the overlap"]


def test_a_store_that_is_away_leaves_the_clean_start(ground: Ground) -> None:
    ground.sweep()
    before = SweepState.objects.get().clean_start_us
    ground.comment(20)

    def away(store_id: StoreId, role: Role) -> Store:
        raise StoreUnavailable(store_id, "away")

    with pytest.raises(StoreUnavailable):
        sweep(away)
    state = SweepState.objects.get()
    assert (state.clean_start_us, state.last_error) == (before, "dynamodb: away")
    ground.sweep()
    assert SweepState.objects.get().last_error == "", "a clean one forgets it"


def test_a_room_that_nobody_wrote_to_of_late_is_not_read(ground: Ground) -> None:
    ground.comment(OVERLAP_US / SECOND + 60, room="quiet")
    ground.comment(20, room="busy")
    assert ground.sweep() == Swept(rooms=1, compared=0, missing=0)


def test_a_room_of_several_pages_is_compared_whole(ground: Ground) -> None:
    said = [replace(ground.comment(20), time_us=ground.now - 20 * SECOND - number) for number in range(PAGE + 10)]
    ground.source.upsert_many(said)
    ground.target.upsert_many(said[:-1])
    assert ground.sweep() == Swept(rooms=1, compared=PAGE + 10, missing=1)


def test_without_a_mirror_there_is_nothing_to_compare(ground: Ground, rollout: Rollout) -> None:
    ground.sweep()
    stand(rollout, write=Phase.LEGACY, reads=Phase.LEGACY)
    ground.source.upsert(ground.comment(20))
    assert ground.sweep() is None
    assert (owed(), SweepState.objects.count()) == ([], 0)


def test_a_hold_does_not_forget_how_far_the_sweep_got(ground: Ground, rollout: Rollout, control: Path) -> None:
    """It lasts a moment, between two phases that are both mirrored."""
    SweepState.objects.create(pk=SweepState.ONLY, clean_start_us=7)
    hold(rollout)
    assert ground.sweep() is None
    assert SweepState.objects.get().clean_start_us == 7


HOUR = 3600 * SECOND
BOOTED_US = 1_000_000_000_000_000


class Hands:
    """The two clocks of the sweep's machine: real time passes for both, and wall time can be set."""

    def __init__(self, now: int) -> None:
        self.now, self.ahead = now, 0

    def wall(self) -> int:
        return self.now + self.ahead

    def since_boot(self) -> int:
        return self.now - BOOTED_US


@pytest.fixture
def hands(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Clocks are boundaries of the system: nobody sets this machine's."""
    hands = Hands(ground.now)
    monkeypatch.setattr(module, "wall_us", hands.wall)
    monkeypatch.setattr(steadiness, "since_boot_us", hands.since_boot)
    monkeypatch.setattr(module, "STEADY", SteadyTime(BOOTED_US))
    return hands


def test_a_clock_set_forward_for_a_while_hides_nothing(ground: Ground, hands: Hands) -> None:
    """Sweeps were clean for an hour that had not come; what was written meanwhile lay before their clean start."""
    ground.sweep()
    hands.ahead = HOUR
    ground.sweep()
    assert SweepState.objects.get().clean_start_us == ground.now
    missed = replace(ground.comment(0), time_us=ground.now + 60 * SECOND)
    ground.source.upsert(missed)
    ActiveRoom.objects.update(last_us=missed.time_us)
    hands.now += 1200 * SECOND
    hands.ahead = 0
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=1)


def test_what_is_written_while_the_clock_is_ahead_is_found_at_once(ground: Ground, hands: Hands) -> None:
    ground.sweep()
    hands.ahead = HOUR
    ground.sweep()
    hands.now += 60 * SECOND
    ground.source.upsert(replace(ground.comment(0), time_us=ground.now + 30 * SECOND))
    ActiveRoom.objects.update(last_us=ground.now + 30 * SECOND)
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=1)


def test_small_corrections_are_believed(ground: Ground, hands: Hands) -> None:
    """The overlap bears them."""
    ground.sweep()
    hands.ahead = BELIEVED_US
    ground.sweep()
    assert SweepState.objects.get().clean_start_us == ground.now + BELIEVED_US


def test_a_clean_start_that_lies_ahead_counts_as_now_through_an_outage(ground: Ground, hands: Hands) -> None:
    """Saved by a process that knew no better. The store is away longer than the overlap, and nothing is skipped."""
    SweepState.objects.create(pk=SweepState.ONLY, clean_start_us=ground.now + HOUR)

    def away(store_id: StoreId, role: Role) -> Store:
        raise StoreUnavailable(store_id, "away")

    with pytest.raises(StoreUnavailable):
        sweep(away)
    assert SweepState.objects.get().clean_start_us == ground.now
    ground.source.upsert(ground.comment(0))
    hands.now += 1800 * SECOND
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=1)


@pytest.mark.parametrize("flag", [WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR])
def test_either_direction_is_swept(ground: Ground, rollout: Rollout, flag: WriteFlag) -> None:
    phase = Phase.DUAL if flag is WriteFlag.SOURCE_MIRROR else Phase.CUTOVER
    stand(rollout, write=phase, reads=Phase.CUTOVER)
    ground.source.upsert(ground.comment(20))
    assert ground.sweep() == Swept(rooms=1, compared=1, missing=1)
