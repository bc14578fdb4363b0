"""Imports go one way, as pyproject.toml says, and the tool that watches over it bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.meta.files import ROOT, read, repository_files

CHAT_ALONE = "chat never imports migration: the service stays when the control plane goes"
LAYERS_OF_CHAT = "layers of chat"
LAYERS_OF_MIGRATION = "layers of migration"
CHECKER_ALONE = "the checker judges alone: it imports neither chat nor migration"
DEVSTACK_ALONE = "devstack stands alone"

FORBIDDEN = (
    (CHAT_ALONE, "chat/selectors.py", "import migration.enums"),
    (CHAT_ALONE, "chat/codec/rows.py", "import devstack.ports"),
    (LAYERS_OF_CHAT, "chat/codec/rows.py", "import chat.stores.base"),
    (LAYERS_OF_CHAT, "chat/stores/paging.py", "import chat.routing.ports"),
    (LAYERS_OF_MIGRATION, "migration/models/rollout.py", "import migration.flags.wake"),
    (LAYERS_OF_MIGRATION, "migration/guards/vector.py", "import migration.transitions.flip"),
    (CHECKER_ALONE, "migration/rehearsal/checker/rows.py", "import chat.codec.timetext"),
    (DEVSTACK_ALONE, "devstack/ports.py", "import chatproject.env"),
)


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=100)


def contracts() -> list[str]:
    configured = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    return [contract["name"] for contract in configured]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and the contracts, to be spoilt."""
    packages = tuple(tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["root_packages"])
    for name in repository_files():
        if name == "pyproject.toml" or (name.startswith(packages) and name.endswith(".py")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_no_import_breaks_a_contract() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(contracts())} kept, 0 broken." in done.stdout


def test_each_contract_is_broken_by_one_of_the_imports_below() -> None:
    assert {contract for contract, _, _ in FORBIDDEN} == set(contracts())


@pytest.mark.parametrize(("contract", "module", "line"), FORBIDDEN)
def test_a_forbidden_import_is_found(contract: str, module: str, line: str, copy: Path) -> None:
    with (copy / module).open("a") as source:
        source.write(f"\n{line}\n")

    done = lint_imports(copy)

    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
