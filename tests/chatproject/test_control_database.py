"""A commit of the control database outlives a power loss, whichever database it is (protocol W6)."""

from __future__ import annotations

import pytest

from chatproject import settings
from chatproject.env import Env


@pytest.mark.parametrize("url", ["postgres://u:p@h:5432/d", "postgresql://u@h/d"])
def test_postgresql_is_asked_to_answer_when_it_is_on_disk(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", Env(database_url=url))
    options = settings.control_database()["OPTIONS"]
    assert options["options"] == "-c synchronous_commit=on"
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (2, 5000)


def test_sqlite_syncs_at_each_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", Env(database_url="sqlite:///some.sqlite3"))
    options = settings.control_database()["OPTIONS"]
    assert "PRAGMA synchronous=FULL;" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"
