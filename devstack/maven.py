"""The jars of the Java engines: fetched by Maven once, checked file by file, then left alone."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from devstack.faults import DevstackError
from devstack.places import SOURCE, Places

POM = SOURCE / "pom.xml"
XML = "{http://maven.apache.org/POM/4.0.0}"
MARK = ".verified"  # holds the digest of the list of checksums the directory was checked against
SHOWN_LINES = 25


def is_fetched(engine: str, places: Places) -> bool:
    """Whether all jars are there and were checked against the list in the repository as it is now."""
    mark = places.jars(engine) / MARK
    return mark.exists() and mark.read_text() == _digest(_checksums(engine))


def fetch(engine: str, places: Places, *, java_home: Path) -> None:
    """Bring the jars of one engine, whole or not at all. Raises DevstackError with Maven's last words."""
    with _alone(places):
        if is_fetched(engine, places):
            return
        arriving = places.lib / f".{engine}.arriving"
        shutil.rmtree(arriving, ignore_errors=True)
        _run_maven(engine, arriving, java_home=java_home)
        _verify(engine, arriving)
        (arriving / MARK).write_text(_digest(_checksums(engine)))
        shutil.rmtree(places.jars(engine), ignore_errors=True)
        arriving.rename(places.jars(engine))


def read_version(artifact: str) -> str:
    """The version the pom pins for an artifact."""
    for dependency in ElementTree.parse(POM).getroot().iter(f"{XML}dependency"):
        if dependency.findtext(f"{XML}artifactId") == artifact:
            return dependency.findtext(f"{XML}version", "")
    raise LookupError(f"{artifact} is not in {POM.name}")


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    # Stacks with a `var` of their own share the jars, and two Mavens must not write one local repository.
    places.lib.mkdir(parents=True, exist_ok=True)
    with (places.lib / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run_maven(engine: str, directory: Path, *, java_home: Path) -> None:
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={directory}"]
    command = ["mvn", "-q", "-B", "-ntp", "-f", str(POM), "-P", engine, *goal]
    environ = os.environ | {"JAVA_HOME": str(java_home)}
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-SHOWN_LINES:])
        raise DevstackError(
            f"Maven could not fetch the jars of {engine}:\n{said}\n"
            "Check that Maven Central, or the mirror in ~/.m2/settings.xml, answers; then try again."
        )


def _verify(engine: str, directory: Path) -> None:
    expected = dict(_parse(_checksums(engine)))
    found = {path.name: _digest(path) for path in directory.iterdir()}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise DevstackError(
            f"The jars of {engine} are not the ones pinned in {_checksums(engine).name}: {', '.join(wrong)}. "
            f"They were left in {directory} and are not used. If your mirror altered them, use another one."
        )


def _checksums(engine: str) -> Path:
    return SOURCE / "jars" / f"{engine}.sha256"


def _parse(checksums: Path) -> Iterator[tuple[str, str]]:
    for line in checksums.read_text().splitlines():
        digest, name = line.split(maxsplit=1)
        yield name, digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
