"""Every setting is in `.env.example` and in docs/settings.md, with the default it really has."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from pydantic_settings import SettingsConfigDict

from chatproject.env import Env
from tests.meta.files import ROOT, read

ASSIGNMENT = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)
HEADING = re.compile(r"^### ([A-Z_]+)$", re.MULTILINE)
# Their defaults lie in the checkout, so an example can only leave them out.
OF_THE_CHECKOUT = {"VAR_DIR"}


@pytest.fixture(autouse=True)
def no_settings_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in fields():
        monkeypatch.delenv(name, raising=False)


def fields() -> set[str]:
    return {name.upper() for name in Env.model_fields}


class Defaults(Env):
    model_config = SettingsConfigDict(env_file=None)


class Example(Env):
    model_config = SettingsConfigDict(env_file=ROOT / ".env.example")


def sections() -> dict[str, str]:
    """What docs/settings.md says under the heading of each setting."""
    _, *parts = HEADING.split(read("docs/settings.md"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_example_lists_each_setting_once() -> None:
    listed = [name for name, _ in ASSIGNMENT.findall(read(".env.example"))]

    assert len(listed) == len(set(listed))
    assert set(listed) == fields()


def test_the_example_gives_the_defaults() -> None:
    assert Example().model_dump() == Defaults().model_dump()


def test_the_example_leaves_empty_only_what_has_no_default_of_its_own() -> None:
    empty = {name for name, value in ASSIGNMENT.findall(read(".env.example")) if not value}

    unset = {name.upper() for name, value in Defaults().model_dump().items() if value is None}
    assert empty == unset | OF_THE_CHECKOUT


def test_each_setting_of_the_example_is_explained_in_the_line_above() -> None:
    lines = read(".env.example").splitlines()
    explained = {name.partition("=")[0] for above, name in pairwise(lines) if re.match(r"# \w+ ?\w+", above)}

    assert fields() <= explained


def test_the_document_has_a_heading_for_each_setting_and_no_other() -> None:
    assert set(sections()) == fields()


def test_the_document_gives_the_defaults_of_the_example() -> None:
    in_example = dict(ASSIGNMENT.findall(read(".env.example")))

    told = {name: re.search(r"^Default: (.*)$", text, re.MULTILINE) for name, text in sections().items()}
    shown = {name: match[1] if match else None for name, match in told.items()}
    assert shown == {name: f"`{value}`" if value else "not set" for name, value in in_example.items()}
