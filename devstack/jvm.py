"""What the two Java engines have in common."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from collections.abc import Container
from pathlib import Path
from typing import ClassVar

from devstack import maven
from devstack.engine import Engine, Launch
from devstack.faults import DevstackError
from devstack.java import PACKAGE, find_java, read_home
from devstack.places import Places


class JavaEngine(Engine):
    """An engine whose jars Maven fetches and a Java of certain major versions runs."""

    java_versions: ClassVar[Container[int]]
    java_needed: ClassVar[str]

    def find_problems(self, places: Places) -> list[str]:
        problems = []
        try:
            self.find_java()
        except DevstackError as fault:
            problems.append(str(fault))
        if self._lacks_maven(places):
            problems.append("Maven is needed to fetch the engines. Type: apt-get install maven")
        return problems

    def is_fetched(self, places: Places) -> bool:
        return maven.is_fetched(self.name, places)

    def fetch(self, places: Places) -> None:
        maven.fetch(self.name, places, java_home=read_home(self.find_java()))

    def find_missing_packages(self, places: Places) -> list[str]:
        missing = []
        try:
            self.find_java()
        except DevstackError:
            missing.append(PACKAGE)
        if self._lacks_maven(places):
            missing.append("maven")
        return missing

    def find_java(self) -> Path:
        return find_java(self.java_versions, needed=self.java_needed)

    def _lacks_maven(self, places: Places) -> bool:
        return not self.is_fetched(places) and not shutil.which("mvn")

    def build_command(self, places: Places, launch: Launch) -> list[str]:
        scratch = places.data(self.name) / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        # Both unpack native libraries at start: in a directory of ours, which no noexec /tmp can spoil.
        java = [str(self.find_java()), f"-Djava.io.tmpdir={scratch}", "-XX:+ExitOnOutOfMemoryError"]
        return java + self.build_arguments(places, launch)

    @abstractmethod
    def build_arguments(self, places: Places, launch: Launch) -> list[str]:
        """Everything after `java`."""
