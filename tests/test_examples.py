"""How many examples are tried under which profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.examples import PROFILE, examples, register_profile, repeatable


@pytest.fixture(autouse=True)
def _the_run_s_own_profile(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = settings.get_current_profile_name()
    yield
    monkeypatch.undo()
    register_profile()
    settings.load_profile(before)


def test_the_soak_tries_a_multiple_and_new_ones_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOAK_EXAMPLES", "7")
    register_profile()
    settings.load_profile(PROFILE)
    assert (examples(30), repeatable()) == (210, False)


def test_otherwise_as_many_as_written() -> None:
    settings.load_profile("default")
    assert (examples(30), repeatable()) == (30, True)
