"""What the documents say exists: links, phases, guards, verbs of make, commands and their options."""

from __future__ import annotations

import argparse
import re
from pathlib import PurePosixPath

import pytest
from django.core.management import load_command_class

from migration.enums import LEGAL_ROWS, Kind, Phase
from migration.guards.registry import ALWAYS, FORWARD
from tests.meta.files import ROOT, read, repository_files

DOCUMENTS = tuple(name for name in repository_files() if name.endswith(".md"))
CHAT_COMMANDS = {"sync_schema", "seed_chat"}
OURS = {path.stem: "migration" for path in (ROOT / "migration/management/commands").glob("[!_]*.py")} | dict.fromkeys(
    CHAT_COMMANDS, "chat"
)
# In code only: a sentence may say `make` of anything.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
RUN = re.compile(r"(?:manage\.py|manage) +([a-z_]+)([^\n`#]*)")


def code_of(name: str) -> str:
    return "\n".join(CODE.findall(read(name)))


def runs(name: str) -> list[tuple[str, str]]:
    """(command, arguments) of each of our commands that a document shows."""
    return [(command, rest) for command, rest in RUN.findall(code_of(name)) if command in OURS]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_link_to_a_file_leads_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(name))

    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (ROOT / PurePosixPath(name).parent / target).exists()] == []


def test_each_phase_has_a_section() -> None:
    headings = re.findall(r"^## (\w+)$", read("docs/phases.md"), re.MULTILINE)

    assert [heading for heading in headings if heading in set(Phase)] == [phase.value for phase in Phase]


def test_the_table_of_phases_names_the_flags_of_each_row() -> None:
    first, *_ = read("docs/phases.md").split("\n## ")
    lines = {line.split("`")[1]: line for line in first.splitlines() if line.startswith("| `")}

    for row in LEGAL_ROWS:
        flag = row.write if row.kind is Kind.WRITE else row.read
        assert f"`{flag.value}`" in lines[row.phase.value]


@pytest.mark.parametrize(("kind", "phase"), FORWARD)
def test_a_section_lists_the_guards_of_its_phase_in_their_order(kind: Kind, phase: Phase) -> None:
    section = read("docs/phases.md").partition(f"\n## {phase.value}\n")[2].partition("\n## ")[0]

    (told,) = re.findall(rf"^- Asked of {kind.value}s: (.*)$", section, re.MULTILINE)
    asked = [getattr(guard, "__name__", "") for guard in ALWAYS + FORWARD[kind, phase]]
    assert re.findall(r"`(\w+)`", told) == asked


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if "make " in read(name)])
def test_each_verb_of_make_that_is_shown_exists(name: str) -> None:
    verbs = set(re.findall(r"^([a-z0-9-]+):", read("Makefile"), re.MULTILINE))

    shown = re.findall(r"(?:^|`)make ([a-z0-9-]+)", code_of(name), re.MULTILINE)
    assert [verb for verb in shown if verb not in verbs] == []


def test_the_documents_show_each_command() -> None:
    assert {command for name in DOCUMENTS for command, _ in runs(name)} == set(OURS)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if runs(name)])
def test_each_command_line_that_is_shown_is_one_the_command_takes(name: str) -> None:
    for command, rest in runs(name):
        parser = load_command_class(OURS[command], command).create_parser("manage.py", command)
        options = options_of(parser)
        words = rest.replace("...", "").split()
        assert [word for word in words if word.startswith("--") and word.partition("=")[0] not in options] == []
        verbs = verbs_of(parser)
        if verbs and words and words[0].strip('"').islower():
            assert words[0].rstrip(",|") in verbs, f"{command} {rest}"


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Of the command and all its verbs."""
    found = set(parser._option_string_actions)
    for verb in verbs_of(parser).values():
        found |= set(verb._option_string_actions)
    return found


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    chosen = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(chosen[0].choices) if chosen else {}


def test_the_readme_says_so_until_a_run_on_scylladb_is_in_the_repository() -> None:
    logs = [name for name in repository_files() if re.match(r"docs/scylladb-\d{4}-\d{2}-\d{2}\.", name)]

    assert ("Not yet run on ScyllaDB" in read("README.md")) == (not logs)


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_the_decision_on_dependencies_gives_a_reason_for_each(name: str) -> None:
    told = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", read("docs/decisions/0002-dependencies.md"), re.MULTILINE)

    asked = [re.split(r"[<>=~]", line)[0] for line in read(name).splitlines() if not line.startswith("-")]
    assert set(asked) <= {package for cell in told for package in cell.split(", ")}


def test_each_decision_has_the_three_parts() -> None:
    decisions = [name for name in DOCUMENTS if name.startswith("docs/decisions/")]

    assert [name.split("/")[-1][:4] for name in sorted(decisions)] == [f"{n:04d}" for n in range(1, len(decisions) + 1)]
    for name in decisions:
        assert re.findall(r"^## (\w+)$", read(name), re.MULTILINE) == ["Context", "Decision", "Consequences"]
