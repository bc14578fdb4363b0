"""The engines as containers, by docker-compose.yml: the way to run against real ScyllaDB."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devstack import state
from devstack.addresses import build_addresses
from devstack.faults import DevstackError
from devstack.places import REPOSITORY, Places
from devstack.status import DOWN, SILENT, UP, Status

FILE = REPOSITORY / "docker-compose.yml"
NEEDED = ((["info"], "a Docker engine that answers"), (["compose", "version"], "the compose plugin"))


@dataclass(frozen=True)
class Service:
    """A compose service, and the port it listens on inside its container."""

    name: str
    port: int


SERVICES = {
    "dynamodb": Service("dynamodb-local", 8000),
    "cassandra": Service("scylla", 9042),
    "redis": Service("redis", 6379),
}


class Docker:
    """Ready means healthy, as the health checks in docker-compose.yml define it."""

    def __init__(self, places: Places, environ: Mapping[str, str]) -> None:
        self._places = places
        self._environ = environ

    def start(self, names: Sequence[str], *, in_memory: bool) -> None:
        """Whether DynamoDB Local keeps its tables is said in docker-compose.yml, not by `in_memory`."""
        check_docker()
        native = state.load(self._places.state)
        if native:
            raise DevstackError(
                f"Still running outside Docker: {', '.join(native)}. Type: DEVSTACK= python -m devstack down"
            )
        _show("up", "--detach", "--wait", *_services(names))
        everything = [entry.engine for entry in self.read_status(list(SERVICES)) if entry.state == UP]
        state.save(self._places.state, {}, self.read_addresses(everything))

    def stop(self, names: Sequence[str]) -> None:
        check_docker()
        _show("rm", "--stop", "--force", *_services(names))
        state.forget(self._places.state)

    def read_status(self, names: Sequence[str]) -> list[Status]:
        check_docker()
        containers = {entry["Service"]: entry for entry in _parse(_ask("ps", "--format", "json"))}
        return [_describe(name, containers.get(SERVICES[name].name)) for name in names]

    def read_addresses(self, names: Sequence[str]) -> dict[str, str]:
        down = [entry.engine for entry in self.read_status(names) if entry.state != UP]
        if down:
            raise DevstackError(f"Not up: {', '.join(down)}. Type: DEVSTACK=docker python -m devstack up")
        return build_addresses({name: _published_port(SERVICES[name]) for name in names}, self._environ)

    def read_log(self, name: str, lines: int) -> str:
        check_docker()
        return _ask("logs", "--no-color", "--tail", str(lines), SERVICES[name].name).rstrip("\n")


def check_docker() -> None:
    """Raise DevstackError, naming what is missing, unless an engine with compose answers."""
    if not shutil.which("docker"):
        raise DevstackError("DEVSTACK=docker needs docker: see https://docs.docker.com/engine/install")
    for words, lack in NEEDED:
        done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise DevstackError(
                f"DEVSTACK=docker needs {lack}: {said[-1] if said else 'no answer'}. "
                "Start or install it, or unset DEVSTACK to run the engines without Docker."
            )


def _services(names: Sequence[str]) -> list[str]:
    return [SERVICES[name].name for name in names]


def _command(words: Sequence[str]) -> list[str]:
    return ["docker", "compose", "--file", str(FILE), *words]


def _show(*words: str) -> None:
    """Run with compose's own progress on the terminal."""
    if subprocess.run(_command(words), check=False).returncode != 0:
        raise DevstackError(f"`docker compose {' '.join(words)}` failed. Type: docker compose logs")


def _ask(*words: str) -> str:
    done = subprocess.run(_command(words), check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise DevstackError(f"`docker compose {' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout


def _parse(listing: str) -> list[dict[str, Any]]:
    """Compose prints one JSON array up to 2.20, and one object a line since 2.21."""
    if listing.lstrip().startswith("["):
        return list(json.loads(listing))
    return [json.loads(line) for line in listing.splitlines() if line.strip()]


def _describe(name: str, container: Mapping[str, Any] | None) -> Status:
    if container is None or container["State"] != "running":
        return Status(name, DOWN)
    healthy = container.get("Health", "") in ("", "healthy")
    port = _published_port(SERVICES[name])
    version = str(container.get("Image", "")).rpartition(":")[2]
    return Status(name, UP if healthy else SILENT, address=f"127.0.0.1:{port}", version=version)


def _published_port(service: Service) -> int:
    # Answers "0.0.0.0:8000"; the port on the host need not be the one in the container. Not published: ":0".
    port = int(_ask("port", service.name, str(service.port)).strip().rpartition(":")[2] or 0)
    if port == 0:
        raise DevstackError(f"{FILE.name} does not publish port {service.port} of {service.name}: add it to `ports`.")
    return port
