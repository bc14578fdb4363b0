"""docker-compose.yml: well formed, pinned, healthy, restarted, and open to this host alone."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from chat.conf import env
from chatproject import programs
from devstack.docker import SERVICES
from devstack.maven import read_version
from tests import engines
from tests.meta.files import ROOT, read

Service = dict[str, Any]

ONE_SHOT = "setup"
OURS = {"setup", "web", "worker", "beat"}
EXACT_TAG = re.compile(r"^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$")
LOOPBACK_PORT = re.compile(r"^127\.0\.0\.1:(\$\{[A-Z_]+:-\d+\}|\d+):\d+$")


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return document


def services() -> dict[str, Service]:
    found: dict[str, Service] = compose()["services"]
    return found


def long_running() -> Iterator[tuple[str, Service]]:
    return ((name, service) for name, service in services().items() if name != ONE_SHOT)


def schema_errors(document: dict[str, Any]) -> list[str]:
    schema = json.loads(read("tests/meta/compose.schema.json"))
    return [error.json_path for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def test_only_keys_and_values_of_the_compose_format_are_used() -> None:
    assert schema_errors(compose()) == []


def test_a_misspelt_key_is_found() -> None:
    document = compose()
    document["services"]["web"]["helthcheck"] = document["services"]["web"].pop("healthcheck")

    assert schema_errors(document) == ["$.services.web"]


def test_the_services_are_those_the_documents_name() -> None:
    assert set(services()) == OURS | {"redis", "dynamodb-local", "scylla"}


def test_devstack_finds_its_services_and_their_ports() -> None:
    for service in SERVICES.values():
        inside = [port.rpartition(":")[2] for port in services()[service.name]["ports"]]
        assert str(service.port) in inside


@pytest.mark.parametrize("name", sorted(services()))
def test_every_image_is_pinned_to_an_exact_release(name: str) -> None:
    assert EXACT_TAG.match(services()[name]["image"])


def test_the_base_image_is_pinned_to_an_exact_release() -> None:
    bases = re.findall(r"^FROM (\S+)", read("Dockerfile"), re.MULTILINE)

    assert len(set(bases)) == 1
    assert re.match(r"^python:3\.11\.\d+-slim-bookworm$", bases[0])


def test_our_image_carries_the_project_s_name_and_version() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]

    assert {services()[name]["image"] for name in OURS} == {f"{project['name']}:{project['version']}"}


def test_dynamodb_local_is_the_release_that_devstack_starts_without_docker() -> None:
    assert services()["dynamodb-local"]["image"] == f"amazon/dynamodb-local:{read_version('DynamoDBLocal')}"


def test_every_long_running_service_is_checked_and_restarted() -> None:
    for name, service in long_running():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_setup_runs_once_and_before_whatever_needs_its_tables() -> None:
    assert services()[ONE_SHOT]["restart"] == "no"
    for name in OURS - {ONE_SHOT}:
        assert services()[name]["depends_on"][ONE_SHOT]["condition"] == "service_completed_successfully"


def test_setup_waits_until_both_stores_answer() -> None:
    waits = services()[ONE_SHOT]["depends_on"]

    assert {name: wait["condition"] for name, wait in waits.items()} == {
        "scylla": "service_healthy",
        "dynamodb-local": "service_healthy",
    }


def test_published_ports_are_open_to_this_host_alone() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]

    assert len(published) == 5
    assert [port for port in published if not LOOPBACK_PORT.match(port)] == []


def test_processes_that_judge_each_other_s_death_share_one_pid_namespace() -> None:
    assert {name: services()[name]["pid"] for name in OURS} == dict.fromkeys(OURS, "host")


def test_the_worker_listens_on_every_queue() -> None:
    (queues,) = [word for word in services()["worker"]["command"] if word.startswith("--queues=")]

    listened = set(queues.removeprefix("--queues=").split(","))
    assert listened == {queue for names, _ in programs.QUEUES.values() for queue in names.split(",")}


def test_the_web_server_is_started_as_it_is_without_docker() -> None:
    def options(command: list[str]) -> set[str]:
        return {word.partition("=")[0] for word in command if word.startswith("--")}

    outside = options(programs.web(env())) - {"--working-dir", "--log", "--no-log"}
    assert options(services()["web"]["command"]) == outside


def test_every_named_volume_is_declared() -> None:
    used = {volume.partition(":")[0] for service in services().values() for volume in service.get("volumes", [])}

    assert used == set(compose()["volumes"])


def test_variables_that_compose_replaces_have_a_default() -> None:
    without = re.findall(r"(?<!\$)\$\{([A-Z_]+)\}", read("docker-compose.yml"))

    assert without == []


def test_what_the_containers_are_told_are_settings_of_ours_or_of_aws() -> None:
    told = set(services()["web"]["environment"])
    ours = {name.upper() for name in type(env()).model_fields}

    assert told - ours == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_the_health_check_of_dynamodb_local_passes_on_a_real_one() -> None:
    assert health_of_dynamodb(port=engines.dynamodb_address()[1]) == 0


def test_the_health_check_of_dynamodb_local_fails_where_none_listens() -> None:
    refused = 7
    assert health_of_dynamodb(port=9) == refused


def health_of_dynamodb(*, port: int) -> int:
    """The exit code of the very command the container would run, sent to another port."""
    form, *words = services()["dynamodb-local"]["healthcheck"]["test"]
    assert form == "CMD"
    command = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in words]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=20).returncode


def test_the_image_holds_what_its_commands_need_and_no_secret() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", read("Dockerfile"), re.MULTILINE)
    let_in = re.findall(r"^!(\S+?)/?$", read(".dockerignore"), re.MULTILINE)

    assert set(copied) == set(let_in) == {"requirements.txt", "manage.py", "chatproject", "chat", "migration"}
    assert read(".dockerignore").splitlines()[1] == "*"


def test_the_workflow_runs_the_one_script_that_make_ci_is_in() -> None:
    job = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["ci"]

    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    assert "exec make ci" in read(".ci/run")
    assert EXACT_TAG.match(job["container"])
