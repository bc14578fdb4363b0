from __future__ import annotations

from pathlib import Path

import pytest

from bench.surroundings import chosen
from chatproject.env import Env


def test_each_bench_has_names_of_its_own_on_the_engines() -> None:
    first: dict[str, str] = {}
    second: dict[str, str] = {}

    with chosen(first), chosen(second):
        names = ("VAR_DIR", "DATABASE_URL", "DYNAMODB_TABLE", "KEYSPACE")
        assert [name for name in names if first[name] == second[name]] == []


def test_the_settings_are_ones_the_service_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    environ: dict[str, str] = {}
    with chosen(environ) as surroundings:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        env = Env()

    assert (env.keyspace, env.dynamodb_table) == (surroundings.word, surroundings.word)
    assert env.control_database_url == f"sqlite:///{surroundings.folder / 'control.sqlite3'}"
    assert (env.db_backend, env.scylla_user_timeline) == ("routed", "off")


def test_the_folder_is_removed_whatever_happened() -> None:
    folders: list[Path] = []

    def measure_in_vain() -> None:
        with chosen({}) as surroundings:
            folders.append(surroundings.folder)
            (surroundings.folder / "control.sqlite3").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_in_vain()

    assert [folder.exists() for folder in folders] == [False]
