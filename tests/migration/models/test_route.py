"""The control database itself refuses flags that no phase means."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from chat.data import Endpoint
from migration.enums import Kind, Phase, ReadFlag, WriteFlag
from migration.models import Rollout, Route

# Design section 6, and the two rows of a hold, spelled once more.
LEGAL = {
    ("write", "legacy", "none", "source"),
    ("write", "dual", "none", "source+mirror"),
    ("write", "dual", "none", "held"),
    ("write", "cutover", "none", "target+mirror"),
    ("write", "cutover", "none", "held"),
    ("write", "decommission", "none", "target"),
    ("read", "legacy", "source", "none"),
    ("read", "dual", "source", "none"),
    ("read", "shadow", "source+shadow", "none"),
    ("read", "cutover", "target-ramp", "none"),
    ("read", "decommission", "target", "none"),
}


def accepts(column_values: dict[str, str | int]) -> bool:
    """By plain SQL, as a hand in the database would do it."""
    columns = ", ".join(f"{column} = %s" for column in column_values)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {Route._meta.db_table} SET {columns} WHERE endpoint = %s",
                [*column_values.values(), Endpoint.LATEST_COMMENTS.value],
            )
    except IntegrityError:
        return False
    return True


def test_of_all_combinations_only_the_rows_of_the_phase_table_can_be_stored(rollout: Rollout) -> None:
    stored = set()
    for kind, phase, read, write in product(Kind, Phase, ReadFlag, WriteFlag):
        row = (kind.value, phase.value, read.value, write.value)
        if accepts(dict(zip(("kind", "phase", "read_flag", "write_flag"), row, strict=True))):
            stored.add(row)
    assert stored == LEGAL


def test_words_that_are_no_phase_are_refused(rollout: Rollout) -> None:
    assert not accepts({"phase": "migrated"})
    assert not accepts({"read_flag": ""})
    assert not accepts({"kind": "READ"})


@pytest.mark.parametrize("column", ["ramp_percent", "shadow_percent"])
def test_a_share_over_a_hundred_is_refused(rollout: Rollout, column: str) -> None:
    assert accepts({column: 100})
    assert not accepts({column: 101})


def test_an_endpoint_has_one_route(rollout: Rollout) -> None:
    first = Route.objects.get(endpoint=Endpoint.LATEST_COMMENTS)
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


@pytest.mark.parametrize("row", sorted(row for row in LEGAL if row[0] == "write"))
def test_only_a_mirror_that_follows_the_source_may_be_late(rollout: Rollout, row: tuple[str, str, str, str]) -> None:
    """Protocol W9."""
    columns = ("kind", "phase", "read_flag", "write_flag", "mirror_mode")
    assert accepts(dict(zip(columns, (*row, "sync"), strict=True)))
    assert accepts(dict(zip(columns, (*row, "async"), strict=True))) is (row[3] == "source+mirror")


def test_a_read_has_no_mirror(rollout: Rollout) -> None:
    assert not accepts({"mirror_mode": "async"})
