"""How often the keyspace is kept: by setting, by the size of the cluster, and against what is there."""

from __future__ import annotations

from typing import Any

import pytest

from chat.conf import env
from chat.exceptions import StoreRefused
from chat.schema.drift import DriftKind
from chat.schema.replication import Replication, choose, compare, nodes_by_data_centre

NTS = "NetworkTopologyStrategy"
NODES = {"dc1": 5, "dc2": 2}


@pytest.mark.parametrize(("there", "copies"), [(1, "1"), (2, "2"), (3, "3"), (7, "3")])
def test_without_a_setting_the_local_centre_keeps_three_copies_at_most(there: int, copies: str) -> None:
    wanted = choose(None, local_dc="dc1", nodes={"dc1": there, "dc2": 9})
    assert wanted == Replication(
        options={"class": NTS, "dc1": copies},
        chosen=f"replication dc1:{copies} (nodes there: {there}, SCYLLA_REPLICATION not set)",
        explicit=False,
    )


@pytest.mark.parametrize(
    ("setting", "options"),
    [
        ("2", {"class": NTS, "replication_factor": "2"}),
        ("dc1:3", {"class": NTS, "dc1": "3"}),
        ("dc1:3,dc2:2", {"class": NTS, "dc1": "3", "dc2": "2"}),
    ],
)
def test_a_setting_is_taken_as_it_is(setting: str, options: dict[str, str]) -> None:
    wanted = choose(setting, local_dc="dc1", nodes=NODES)
    assert (wanted.options, wanted.explicit) == (options, True)
    assert wanted.chosen == f"replication {setting}, from SCYLLA_REPLICATION"


def test_more_copies_than_nodes_are_taken_with_a_warning() -> None:
    wanted = choose("3", local_dc="dc1", nodes=NODES)
    assert wanted.chosen == (
        "replication 3, from SCYLLA_REPLICATION; but dc2 has 2 of 3 nodes: "
        "requests at QUORUM may fail, add nodes or lower it"
    )


@pytest.mark.parametrize(
    ("setting", "local_dc", "named"),
    [(None, "west", "SCYLLA_LOCAL_DC names the data centre west"), ("east:3", "dc1", "SCYLLA_REPLICATION")],
)
def test_a_centre_the_cluster_does_not_have_is_refused(setting: str | None, local_dc: str, named: str) -> None:
    with pytest.raises(StoreRefused, match=f"{named}.*the cluster has dc1, dc2"):
        choose(setting, local_dc=local_dc, nodes=NODES)


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("2", {"class": NTS, "dc1": "2", "dc2": "2"}),
        ("2", {"class": NTS, "replication_factor": "2"}),
        ("dc1:2,dc2:2", {"class": NTS, "replication_factor": "2"}),
        (None, {"class": "SimpleStrategy", "replication_factor": "1"}),
    ],
)
def test_the_same_copies_are_no_difference_however_they_are_written(setting: str | None, found: dict[str, str]) -> None:
    wanted = choose(setting, local_dc="dc1", nodes=NODES)
    assert compare("k", wanted, found, nodes=NODES, create="") is None


@pytest.mark.parametrize(
    "found",
    [
        {"class": NTS, "dc1": "2"},
        {"class": NTS, "dc1": "2", "dc2": "1"},
        {"class": "SimpleStrategy", "replication_factor": "2"},
    ],
)
def test_other_copies_are_reported_and_left_to_the_operator(found: dict[str, str]) -> None:
    difference = compare("k", choose("2", local_dc="dc1", nodes=NODES), found, nodes=NODES, create="")
    assert difference is not None
    assert (difference.kind, difference.mendable) == (DriftKind.WRONG_REPLICATION, False)
    assert "ALTER KEYSPACE k WITH replication" in difference.todo
    assert "nodetool repair k" in difference.todo


def test_nodes_are_counted_by_their_data_centre(session: Any) -> None:
    assert nodes_by_data_centre(session) == {env().scylla_local_dc: 1}
