"""`DEVSTACK=docker`. Here docker is a script that answers as compose does: test machines run no Docker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devstack.conftest import Stack

RUNNING = (
    {
        "Service": "dynamodb-local",
        "State": "running",
        "Health": "healthy",
        "Image": "amazon/dynamodb-local:3.3.1",
    },
    {"Service": "scylla", "State": "running", "Health": "starting", "Image": "scylladb/scylla:2026.2.5"},
    {"Service": "web", "State": "running", "Health": "", "Image": "web:latest"},
)
PORTS = "case $5 in dynamodb-local) echo 0.0.0.0:8005;; scylla) echo 0.0.0.0:9045;; *) echo 0.0.0.0:6385;; esac"
Pretend = Callable[..., dict[str, str]]


@pytest.fixture
def pretend(tmp_path: Path) -> Pretend:
    """Install a docker that notes its arguments; `ps` is the listing it prints, `fails` the call it refuses."""

    def install(*, ps: str = "", fails: str = "never", ports: str = PORTS) -> dict[str, str]:
        (tmp_path / "ps").write_text(ps)
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(
            f"""#!/bin/sh
echo "$@" >> {tmp_path}/calls
case "$*" in *{fails}*) echo "first line" >&2; echo "cannot {fails}" >&2; exit 1;; esac
case "$4" in
  ps) cat {tmp_path}/ps;;
  port) {ports};;
  logs) echo "log of $7, $6 lines";;
esac
"""
        )
        program.chmod(0o755)
        return {"DEVSTACK": "docker", "PATH": f"{program.parent}:/usr/bin:/bin"}

    return install


def list_lines(*entries: dict[str, str]) -> str:
    return "\n".join(json.dumps(entry) for entry in entries)


def read_calls(stack: Stack) -> list[str]:
    """What compose was told, without the name of its file."""
    calls = (stack.var.parent / "calls").read_text().splitlines()
    return [call.split("docker-compose.yml ", 1)[1] for call in calls if "docker-compose.yml" in call]


def test_up_waits_for_the_three_services_and_notes_their_addresses(stack: Stack, pretend: Pretend) -> None:
    healthy = [{"Service": name, "State": "running", "Image": ""} for name in ("dynamodb-local", "scylla", "redis")]

    up = stack.run("up", environ=pretend(ps=list_lines(*healthy)))

    assert (up.returncode, up.stderr) == (0, "")
    assert read_calls(stack)[0] == "up --detach --wait dynamodb-local scylla redis"
    noted = json.loads((stack.var / "devstack.json").read_text())
    assert noted["engines"] == {}
    assert noted["DYNAMODB_ENDPOINT_URL"] == "http://127.0.0.1:8005"
    assert noted["SCYLLA_PORT"] == "9045"
    assert noted["REDIS_URL"] == "redis://127.0.0.1:6385/0"


def test_down_removes_only_the_services_named(stack: Stack, pretend: Pretend) -> None:
    down = stack.run("down", "cassandra", environ=pretend())

    assert down.returncode == 0
    assert read_calls(stack) == ["rm --stop --force scylla"]


@pytest.mark.parametrize("listing", [list_lines(*RUNNING), json.dumps(RUNNING)])
def test_status_reads_both_forms_of_listing(stack: Stack, pretend: Pretend, listing: str) -> None:
    status = stack.run("status", "--json", environ=pretend(ps=listing))

    assert status.returncode == 3
    entries = [
        (entry["engine"], entry["state"], entry["address"], entry["version"]) for entry in json.loads(status.stdout)
    ]
    assert entries == [
        ("dynamodb", "up", "127.0.0.1:8005", "3.3.1"),
        ("cassandra", "not answering", "127.0.0.1:9045", "2026.2.5"),
        ("redis", "down", None, None),
    ]


def test_env_prints_the_published_ports(stack: Stack, pretend: Pretend) -> None:
    env = stack.run("env", "dynamodb", environ=pretend(ps=list_lines(*RUNNING)))

    assert env.returncode == 0
    assert "export DYNAMODB_ENDPOINT_URL=http://127.0.0.1:8005" in env.stdout.splitlines()


def test_env_refuses_while_a_service_is_not_healthy(stack: Stack, pretend: Pretend) -> None:
    env = stack.run("env", environ=pretend(ps=list_lines(*RUNNING)))

    assert (env.returncode, env.stdout) == (3, "")
    assert env.stderr == "devstack: Not up: cassandra, redis. Type: DEVSTACK=docker python -m devstack up\n"


def test_logs_come_from_the_service(stack: Stack, pretend: Pretend) -> None:
    logs = stack.run("logs", "-n", "7", "cassandra", environ=pretend())

    assert logs.returncode == 0
    assert read_calls(stack) == ["logs --no-color --tail 7 scylla"]


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        ("info", "DEVSTACK=docker needs a Docker engine that answers: cannot info. Start or install it"),
        ("version", "DEVSTACK=docker needs the compose plugin: cannot version. Start or install it"),
    ],
)
def test_a_docker_that_lacks_something_is_said(stack: Stack, pretend: Pretend, fails: str, reason: str) -> None:
    up = stack.run("up", environ=pretend(fails=fails))

    assert up.returncode == 3
    assert reason in up.stderr


def test_no_docker_at_all_is_said(stack: Stack) -> None:
    up = stack.run("up", environ={"DEVSTACK": "docker", "PATH": "/nowhere"})

    assert up.returncode == 3
    assert up.stderr.startswith("devstack: DEVSTACK=docker needs docker: see https://docs.docker.com/")


def test_a_failing_compose_is_said(stack: Stack, pretend: Pretend) -> None:
    up = stack.run("up", "redis", environ=pretend(fails="detach"))

    assert up.returncode == 3
    assert "`docker compose up --detach --wait redis` failed." in up.stderr


def test_a_port_that_is_not_published_is_said(stack: Stack, pretend: Pretend) -> None:
    env = stack.run("env", "dynamodb", environ=pretend(ps=list_lines(*RUNNING), ports="echo :0"))

    assert env.returncode == 3
    assert "does not publish port 8000 of dynamodb-local" in env.stderr


def test_docker_refuses_beside_engines_that_run_without_it(stack: Stack, pretend: Pretend) -> None:
    stack.run("up", "redis")

    up = stack.run("up", environ=pretend())

    assert up.returncode == 3
    assert "Still running outside Docker: redis. Type: DEVSTACK= python -m devstack down" in up.stderr
