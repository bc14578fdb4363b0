"""The newest epoch acted under is kept on disk, and an older database is refused by it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from chat.exceptions import NotServing
from migration.flags.highwater import HighWater, high_water
from migration.models import Rollout


def test_the_mark_goes_up_only(tmp_path: Path) -> None:
    path = tmp_path / "epochs" / "mark"
    HighWater(path).raise_to(7)
    HighWater(path).raise_to(5)
    assert HighWater(path).epoch() == 7
    HighWater(path).raise_to(12)
    assert path.read_text() == "00000000000000000012\n"


def test_processes_that_raise_it_at_once_leave_the_highest(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda epoch: HighWater(path).raise_to(epoch), [*range(2, 40), *range(39, 1, -1)]))
    assert HighWater(path).epoch() == 39


def test_the_first_epoch_leaves_no_mark(tmp_path: Path) -> None:
    mark = HighWater(tmp_path / "epochs" / "mark")
    mark.raise_to(1)
    assert mark.epoch() == 0
    assert not (tmp_path / "epochs").exists()


def test_a_disk_that_takes_no_mark_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "epochs").write_text("a file where the folder should be")
    mark = HighWater(tmp_path / "epochs" / "mark")
    mark.raise_to(7)
    (tmp_path / "epochs").unlink()
    # Tried again, as nothing was kept.
    mark.raise_to(7)
    assert mark.epoch() == 7


def test_an_older_database_is_refused_with_the_way_out(rollout: Rollout, settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    Rollout.objects.update(epoch=4)
    mark = high_water()
    mark.raise_to(4)
    mark.refuse_older()
    Rollout.objects.update(epoch=3)
    with pytest.raises(NotServing, match=r"on epoch 3, but epoch 4 was acted under .* route restored --above 4"):
        high_water().refuse_older()
    Rollout.objects.update(epoch=5)
    high_water().refuse_older()


def test_another_database_or_rollout_has_a_mark_of_its_own(
    rollout: Rollout, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    first = high_water().path
    assert high_water().path == first
    monkeypatch.setitem(connections["default"].settings_dict, "HOST", "restored.example")
    assert high_water().path == first
    Rollout.objects.update(active=False)
    Rollout.objects.create(name="next", source="scylla-room", target="alternator")
    assert high_water().path != first
