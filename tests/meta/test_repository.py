"""What holds for every file of the repository."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest

from tests.meta.files import ROOT, read, repository_files, text_files

LONGEST_MODULE = 300
LONGEST_SUITE = 400
"""Tests of one module stay together, and are read one at a time."""
# Written by makemigrations, one operation after the other.
GENERATED = "migration/migrations/"
# A later stage brings `load`.
VERBS = (
    "help setup demo run up down test test-contract test-e2e lint types ci soak screenshots"  # contract
    " format imports bench test-postgres"  # ours, and of the contract as they are built
)

# In pieces, so that this file does not hold what it looks for.
REGISTRY = re.compile(
    "|".join(
        rf"\b{host}\.{domain}\b"
        for host, domain in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            (r"maven\.org|repo\.maven\.apache", "org"),
            ("npmjs", "(?:org|com)"),
            (r"deb\.debian", "org"),
            (r"archive\.ubuntu", "com"),
            (r"proxy\.golang", "org"),
            (r"registry-1\.docker", "io"),
        )
    )
)
# /home/dynamodblocal lies in an image, not on anybody's machine.
MACHINE_PATH = re.compile(r"(?<![\w.$/*-])/(?:work|root|Users|home/(?!dynamodblocal\b))[/\w]")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
UNREASONED = re.compile(r"#\s*(?:type: " + r"ignore(?!\[)|no" + r"qa(?!: [A-Z]))")
LEFT_OUT = re.compile(r"\bpytest\.(?:mark\.)?(?:sk" + r"ip|skip" + r"if|xf" + r"ail|importor" + r"skip)\b")


def hits(pattern: re.Pattern[str], wanted: Callable[[str], bool] = lambda name: True) -> list[str]:
    """`file:line` of every line that holds the pattern."""
    return [
        f"{name}:{number}"
        for name in text_files()
        if wanted(name)
        for number, line in enumerate(read(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def is_python(name: str) -> bool:
    return name.endswith(".py")


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert hits(REGISTRY) == []


def test_no_file_names_a_path_of_somebody_s_machine() -> None:
    assert hits(MACHINE_PATH) == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    assert hits(UNFINISHED) == []


def test_whoever_silences_a_tool_says_which_rule() -> None:
    assert hits(UNREASONED, is_python) == []


def test_no_test_is_left_out() -> None:
    assert hits(LEFT_OUT, lambda name: name.startswith("tests/")) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "index-url = https://" + "pypi" + ".org/simple"),
        (REGISTRY, "https://repo1." + "maven" + ".org/maven2"),
        (MACHINE_PATH, "log = '/ro" + "ot/chat.log'"),
        (MACHINE_PATH, "/ho" + "me/ann/chat"),
        (UNFINISHED, "# TO" + "DO: later"),
        (UNREASONED, "x = y  # type: " + "ignore"),
        (UNREASONED, "x = y  # no" + "qa"),
        (LEFT_OUT, "@pytest.mark." + "skip(reason='no engine')"),
    ],
)
def test_each_pattern_finds_what_it_is_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {
        name: len(read(name).splitlines())
        for name in repository_files()
        if is_python(name) and not name.startswith(GENERATED)
    }

    assert {name: length for name, length in lengths.items() if length > longest(name)} == {}


def longest(name: str) -> int:
    return LONGEST_SUITE if name.startswith("tests/") else LONGEST_MODULE


def test_make_help_lists_the_verbs() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    listed = re.findall(r"^  make (\S+)", shown, re.MULTILINE)
    assert sorted(listed) == sorted(VERBS.split())


def test_make_without_a_verb_shows_the_verbs() -> None:
    assert re.search(r"^\.DEFAULT_GOAL := help$", read("Makefile"), re.MULTILINE)


def test_the_changelog_begins_with_what_is_not_released_yet() -> None:
    headings = re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE)

    assert headings[0] == "Unreleased"


def test_what_is_installed_is_what_the_lists_of_requirements_ask_for() -> None:
    """Both locks pin every name of their `.in` file, to one version with its hashes."""
    for name in ("requirements", "requirements-dev"):
        pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==[^ ]+ \\$", read(f"{name}.txt"), re.MULTILINE))
        asked = set(re.findall(r"^([a-z0-9][a-z0-9-]*)", read(f"{name}.in"), re.MULTILINE | re.IGNORECASE))
        assert {one.lower() for one in asked} <= pinned
        assert "--hash=sha256:" in read(f"{name}.txt")


@pytest.mark.parametrize(
    "script", [name for name in repository_files() if name.startswith(".ci/") or name.endswith(".sh")]
)
def test_each_shell_script_is_well_formed_and_stops_at_the_first_error(script: str) -> None:
    assert subprocess.run(["bash", "-n", script], cwd=ROOT, check=False).returncode == 0
    assert "set -euo pipefail" in read(script)
