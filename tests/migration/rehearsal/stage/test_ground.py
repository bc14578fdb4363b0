"""A rehearsal empties what a rehearsal made, and nothing else. On the real engines, with names of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from migration.rehearsal.stage.ground import NotOurs, claim_ground, clear_ground, identity


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Settings that name a table and keyspace of this test; gives the file that remembers the owner."""
    own = f"ground_{secrets.token_hex(4)}"
    own_env = settings.ENV.model_copy(update={"dynamodb_table": own, "keyspace": own})
    monkeypatch.setattr(settings, "ENV", own_env)
    owner = tmp_path / "owner.json"
    yield owner
    clear_ground(owner, reset=True)


def make_schema() -> None:
    call_command("sync_schema", verbosity=0)


def test_empty_ground_is_left_as_it_is(names: Path) -> None:
    clear_ground(names, reset=False)
    assert set(identity().values()) == {None}


def test_what_a_rehearsal_made_is_dropped(names: Path) -> None:
    make_schema()
    claim_ground(names)
    clear_ground(names, reset=False)
    assert set(identity().values()) == {None}
    assert not names.exists()


def test_what_somebody_else_made_is_refused_and_kept(names: Path) -> None:
    make_schema()
    before = identity()
    with pytest.raises(NotOurs, match="RESET=1"):
        clear_ground(names, reset=False)
    assert identity() == before


def test_a_table_made_again_under_the_same_name_is_somebody_elses(names: Path) -> None:
    make_schema()
    claim_ground(names)
    remembered = names.read_text()
    clear_ground(names, reset=False)
    make_schema()
    names.write_text(remembered)
    with pytest.raises(NotOurs):
        clear_ground(names, reset=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dynamodb_endpoint_url", None),
        ("dynamodb_endpoint_url", "http://192.0.2.7:8000"),
        ("scylla_contact_points", ["127.0.0.1", "192.0.2.7"]),
    ],
)
def test_stores_of_another_machine_are_never_touched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str, value: object
) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={field: value}))
    with pytest.raises(NotOurs, match="local engines only"):
        clear_ground(tmp_path / "owner.json", reset=True)
