"""Which Java runs an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Container, Iterator
from pathlib import Path

from devstack.faults import DevstackError

PACKAGE = "openjdk-17-jre-headless"
INSTALLED = Path("/usr/lib/jvm")  # where Debian and Fedora put every Java, the default one or not


def find_java(accepted: Container[int], *, needed: str) -> Path:
    """JAVA_HOME, else `java` on PATH, else any other installed one, of an accepted major version.

    Raises DevstackError naming the versions found; `needed` is how to call the accepted ones.
    """
    found: dict[Path, int] = {}
    for java in _candidates():
        found[java] = read_major(java)
        if found[java] in accepted:
            return java
    seen = ", ".join(f"{java} is {major}" for java, major in found.items()) or "none found"
    raise DevstackError(f"Java {needed} is needed ({seen}). Type: apt-get install {PACKAGE}")


def read_major(java: Path) -> int:
    """Major version of a java binary; 0 if it does not run or says nothing we know."""
    try:
        done = subprocess.run([java, "-version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    # It writes to stderr: `openjdk version "17.0.15"`; before 9 the major was the second number: "1.8.0_402".
    match = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(match[1]) if match else 0


def read_home(java: Path) -> Path:
    """The JAVA_HOME of a java binary, through the links Debian's alternatives make."""
    return java.resolve().parent.parent


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    yield from sorted(INSTALLED.glob("*/bin/java"))
