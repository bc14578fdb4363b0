"""Which Java is chosen. The binaries are scripts that answer `-version`: no machine has all of these."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack import java
from devstack.faults import DevstackError


def install(directory: Path, version: str) -> Path:
    binary = directory / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    binary.chmod(0o755)
    return binary


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(java, "INSTALLED", tmp_path / "jvm")
    return tmp_path


@pytest.mark.parametrize(("said", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_402", 8), ("11.0.2-ea", 11)])
def test_the_major_version_is_read(tmp_path: Path, said: str, major: int) -> None:
    assert java.read_major(install(tmp_path, said)) == major


def test_a_binary_that_is_no_java_has_no_version(tmp_path: Path) -> None:
    assert java.read_major(tmp_path / "absent") == 0
    assert java.read_major(Path("/bin/true")) == 0


def test_java_home_goes_before_the_path(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = install(bare / "home", "17.0.1")
    install(bare / "other", "17.0.2")
    monkeypatch.setenv("JAVA_HOME", str(bare / "home"))
    monkeypatch.setenv("PATH", str(bare / "other" / "bin"))

    assert java.find_java({17}, needed="17") == chosen


def test_an_installed_version_that_fits_is_found_behind_a_default_that_does_not(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(bare / "default", "21.0.3")
    monkeypatch.setenv("PATH", str(bare / "default" / "bin"))
    fitting = install(bare / "jvm" / "java-17-openjdk-amd64", "17.0.15")

    assert java.find_java({11, 17}, needed="17 (or 11)") == fitting


def test_a_wrong_version_is_named_with_what_to_type(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = install(bare / "default", "21.0.3")
    monkeypatch.setenv("PATH", str(found.parent))

    with pytest.raises(DevstackError) as caught:
        java.find_java({11, 17}, needed="17 (or 11)")

    assert str(caught.value) == (
        f"Java 17 (or 11) is needed ({found} is 21). Type: apt-get install openjdk-17-jre-headless"
    )


def test_no_java_at_all_says_what_to_type(bare: Path) -> None:
    with pytest.raises(DevstackError, match=r"\(none found\)\. Type: apt-get install openjdk-17-jre-headless$"):
        java.find_java({17}, needed="17")


def test_the_home_is_found_through_links(tmp_path: Path) -> None:
    binary = install(tmp_path / "java-17", "17.0.15")
    link = tmp_path / "java"
    link.symlink_to(binary)

    assert java.read_home(link) == tmp_path / "java-17"
