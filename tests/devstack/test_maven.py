"""Jars come whole and as pinned, or not at all.

Where the network or a mirror must misbehave, `mvn` is a script: the real one does not fail on demand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devstack import maven
from devstack.faults import DevstackError
from devstack.java import find_java, read_home
from devstack.places import SOURCE, Places

# Reads -DoutputDirectory from its arguments, as the real one does.
HEAD = '#!/bin/sh\nfor word in "$@"; do case $word in -DoutputDirectory=*) out=${word#*=};; esac; done\n'


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(var=tmp_path / "var", lib=tmp_path / "lib")


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(script: str) -> None:
        program = tmp_path / "bin" / "mvn"
        program.parent.mkdir(exist_ok=True)
        program.write_text(HEAD + script)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return install


def fetch(places: Places) -> None:
    maven.fetch("dynamodb", places, java_home=read_home(find_java(range(17, 100), needed="17")))


def test_the_real_jars_are_the_pinned_ones_and_are_fetched_once(places: Places, pretend: Callable[[str], None]) -> None:
    assert not maven.is_fetched("dynamodb", places)

    fetch(places)

    assert maven.is_fetched("dynamodb", places)
    assert (places.jars("dynamodb") / f"DynamoDBLocal-{maven.read_version('DynamoDBLocal')}.jar").exists()
    pretend("echo called again; exit 1")
    fetch(places)


def test_jars_that_differ_from_the_pinned_ones_are_refused(places: Places, pretend: Callable[[str], None]) -> None:
    pretend('mkdir -p "$out" && echo altered > "$out/DynamoDBLocal-3.3.1.jar"')

    with pytest.raises(DevstackError, match=r"not the ones pinned in dynamodb\.sha256: DynamoDBLocal-3\.3\.1\.jar"):
        fetch(places)

    assert not maven.is_fetched("dynamodb", places)
    assert not places.jars("dynamodb").exists()


def test_a_failing_maven_shows_its_last_words(places: Places, pretend: Callable[[str], None]) -> None:
    pretend('mkdir -p "$out"; echo "[ERROR] Could not transfer artifact"; exit 1')

    with pytest.raises(DevstackError, match=r"(?s)Could not transfer artifact.*~/\.m2/settings\.xml"):
        fetch(places)

    assert not maven.is_fetched("dynamodb", places)


def test_jars_checked_against_an_older_list_count_as_not_fetched(places: Places) -> None:
    places.jars("dynamodb").mkdir(parents=True)
    (places.jars("dynamodb") / maven.MARK).write_text("digest of another list")

    assert not maven.is_fetched("dynamodb", places)


@pytest.mark.parametrize(
    ("engine", "artifact", "version"),
    [("dynamodb", "DynamoDBLocal", "3.3.1"), ("cassandra", "cassandra-all", "5.0.8")],
)
def test_the_pom_and_the_pinned_list_name_the_same_version(engine: str, artifact: str, version: str) -> None:
    names = (SOURCE / "jars" / f"{engine}.sha256").read_text().split()

    assert maven.read_version(artifact) == version
    assert f"{artifact}-{version}.jar" in names


def test_an_artifact_the_pom_does_not_have_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"other is not in pom\.xml"):
        maven.read_version("other")
