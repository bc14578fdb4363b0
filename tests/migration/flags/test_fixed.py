"""A process on a fixed DB_BACKEND is registered while a rollout is under way, and held to its phases (protocol F10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.conf import env
from chat.data import StoreId
from chat.exceptions import NotServing, WritesHeld
from chat.routing.fixed import BACKENDS
from chat.routing.ports import PolicyHealth, WriteRoute
from migration.enums import HolderState, Phase
from migration.flags import fixed as module
from migration.flags.fixed import FixedInRollout, make_fixed_policy
from migration.flags.policy import make_policy
from migration.flags.snapshot import Snapshot
from migration.models import Holder, Rollout
from tests.migration import bed
from tests.migration.controls import empty_database
from tests.migration.vectors import LATEST, POST, flip_to, hold, holder, place

Make = Callable[[str], FixedInRollout]
SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.fixture
def fixed(rollout: Rollout, settings: Settings, tmp_path: Path) -> Iterator[Make]:
    settings.VAR_DIR = tmp_path
    settings.ENV = env().model_copy(update={"hold_wait_seconds": 0.05})
    made: list[FixedInRollout] = []

    def make(backend: str) -> FixedInRollout:
        made.append(FixedInRollout(backend, BACKENDS[backend]))
        return made[-1]

    yield make
    for policy in made:
        policy.close()


def route_of(policy: FixedInRollout) -> WriteRoute:
    with policy.admit_write() as route:
        return route


def test_it_is_a_holder_with_a_slot_and_says_what_routes_it(fixed: Make) -> None:
    policy = fixed("dynamodb")
    row = Holder.objects.get()
    assert (row.kind, row.backend, row.state, row.acked_epoch) == ("web", "dynamodb", HolderState.LIVE, 1)
    assert policy.next_instant() % 100 == row.slot
    policy.close()
    assert Holder.objects.get().state == HolderState.LEFT


@pytest.mark.parametrize(
    ("backend", "phase", "authority", "mirror"),
    [
        ("dynamodb", Phase.LEGACY, SOURCE, None),
        ("dual", Phase.LEGACY, SOURCE, TARGET),
        ("dual", Phase.DUAL, SOURCE, TARGET),
        ("scylla", Phase.DECOMMISSION, TARGET, None),
    ],
)
def test_its_routes_are_the_backend_s_own(
    fixed: Make, backend: str, phase: Phase, authority: StoreId, mirror: StoreId | None
) -> None:
    place(POST, phase)
    policy = fixed(backend)
    assert route_of(policy) == WriteRoute(epoch=0, authority=authority, mirror=mirror)
    with policy.admit_read(LATEST, "chat") as read:
        assert (read.epoch, read.store) == (0, authority)
    assert policy.health() == PolicyHealth(0, frozenset({authority}), frozenset({mirror} if mirror else ()))


@pytest.mark.parametrize(
    ("backend", "phase"),
    [
        ("scylla", Phase.DUAL),
        ("scylla", Phase.CUTOVER),
        ("dynamodb", Phase.DUAL),
        ("dynamodb", Phase.CUTOVER),
        ("dynamodb", Phase.DECOMMISSION),
        ("dual", Phase.CUTOVER),
        ("dual", Phase.DECOMMISSION),
    ],
)
def test_it_does_not_start_where_the_phases_contradict_it(
    rollout: Rollout, settings: Settings, tmp_path: Path, backend: str, phase: Phase
) -> None:
    settings.VAR_DIR = tmp_path
    place(POST, phase)
    with pytest.raises(NotServing, match=f"DB_BACKEND={backend} contradicts the rollout .* Use DB_BACKEND=routed"):
        make_fixed_policy(backend, BACKENDS[backend])
    assert not Holder.objects.exists()


def test_a_rollout_that_was_never_moved_contradicts_nobody(fixed: Make) -> None:
    """Every installation has one from its first day on, whatever it serves from."""
    assert route_of(fixed("scylla")) == WriteRoute(epoch=0, authority=TARGET, mirror=None)


def test_once_it_was_moved_back_to_where_it_began_it_does(rollout: Rollout, settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    flip_to(rollout, POST, Phase.LEGACY)
    with pytest.raises(NotServing, match="DB_BACKEND=scylla contradicts the rollout"):
        make_fixed_policy("scylla", BACKENDS["scylla"])


def test_two_processes_that_would_decide_in_two_stores_do_not_both_start(rollout: Rollout, fixed: Make) -> None:
    other = holder(acked=1)
    with pytest.raises(NotServing, match=rf"contradicts .*: web {other.pk} .* serves by it"):
        fixed("scylla")
    assert route_of(fixed("dynamodb")).authority is SOURCE
    Holder.objects.filter(pk=other.pk).update(backend="scylla")
    with pytest.raises(NotServing, match=rf"would decide as well: web {other.pk} .* on DB_BACKEND=scylla"):
        make_policy()
    assert not Holder.objects.filter(state=HolderState.LIVE, backend="routed").exists()


def test_nor_where_a_flip_comes_between_the_look_and_the_registration(
    rollout: Rollout, fixed: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = module._require_legal
    looks: list[str] = []

    def then_flip(backend: str, route: WriteRoute, flags: Snapshot) -> None:
        looks.append(flags.write)
        look(backend, route, flags)
        flip_to(rollout, POST, Phase.DUAL)

    monkeypatch.setattr(module, "_require_legal", then_flip)
    with pytest.raises(NotServing, match="contradicts"):
        make_fixed_policy("dynamodb", BACKENDS["dynamodb"])
    assert looks == ["source", "source+mirror"]
    assert list(Holder.objects.values_list("state", flat=True)) == [HolderState.LEFT]


def test_it_serves_nothing_once_the_phases_contradict_it_all_the_same(rollout: Rollout, fixed: Make) -> None:
    """The guard refuses such a flip; one by hand, or by an older version, is met here."""
    policy = fixed("dynamodb")
    flip_to(rollout, POST, Phase.DUAL)
    policy.poll()
    with pytest.raises(NotServing, match="contradicts"):
        route_of(policy)
    with pytest.raises(NotServing, match="contradicts"), policy.admit_read(LATEST, "chat"):
        pass
    with pytest.raises(NotServing, match="contradicts"):
        policy.health()
    # What it refused has ended: it does not stand in the way of the next move.
    policy.poll()
    assert Holder.objects.get().acked_epoch == 2


def test_a_hold_holds_it_too(rollout: Rollout, fixed: Make) -> None:
    place(POST, Phase.DUAL)
    policy = fixed("dual")
    hold(rollout)
    policy.poll()
    with pytest.raises(WritesHeld):
        route_of(policy)
    with policy.admit_read(LATEST, "chat") as read:
        assert read.store is SOURCE
    assert policy.health().answering == {SOURCE}


def test_without_an_active_rollout_it_serves_alone(rollout: Rollout) -> None:
    Rollout.objects.update(active=False)
    assert make_fixed_policy("scylla", BACKENDS["scylla"]) is None


def test_without_a_control_database_it_serves_alone_and_makes_none(rollout: Rollout, tmp_path: Path) -> None:
    nowhere = tmp_path / "none.sqlite3"
    with bed.control_database(nowhere):
        assert make_fixed_policy("scylla", BACKENDS["scylla"]) is None
    assert not nowhere.exists()


def test_in_an_empty_database_it_serves_alone(rollout: Rollout, tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite3"
    empty.touch()
    with empty_database(empty), bed.control_database(empty):
        assert make_fixed_policy("scylla", BACKENDS["scylla"]) is None


def test_with_a_database_that_does_not_answer_nobody_can_tell_so_it_does_not_start(
    rollout: Rollout, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_text("no database at all" * 100)
    with bed.control_database(damaged), pytest.raises(NotServing, match="does not answer, so this process cannot"):
        make_fixed_policy("scylla", BACKENDS["scylla"])
