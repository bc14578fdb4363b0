"""What a copy costs."""

from __future__ import annotations

from migration.census.estimate import estimate, priced


def test_measured_units_are_priced_and_timed() -> None:
    assert estimate(items=1000, size=4_096_000, measured_units=2_000_000.0, seconds=50.0, provisioned=None) == {
        "read_units": 2_000_000.0,
        "units_measured": True,
        "dollars": 0.25,
        "dollars_per_million_units": 0.125,
        "seconds_at_this_rate": 50.0,
        "items_per_s": 20.0,
        "seconds_at_provisioned": None,
    }


def test_where_no_capacity_is_told_bytes_stand_in() -> None:
    found = estimate(items=3, size=4097, measured_units=0.0, seconds=0.0, provisioned=None)
    assert (found["read_units"], found["units_measured"], found["items_per_s"]) == (2.0, False, None)


def test_a_provisioned_table_has_a_shortest_time() -> None:
    found = estimate(items=1, size=1, measured_units=1000.0, seconds=1.0, provisioned=40)
    assert found["seconds_at_provisioned"] == 25.0


def test_another_price_changes_the_money_only() -> None:
    found = estimate(items=1, size=1, measured_units=4_000_000.0, seconds=1.0, provisioned=None)
    assert priced(found, 0.25) == found | {"dollars": 1.0, "dollars_per_million_units": 0.25}
