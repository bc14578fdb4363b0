"""`python -m devstack` from outside, on real engines: the quick two, Redis and DynamoDB Local."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from typing import Any

import boto3
import pytest

from devstack import ports, processes
from tests.devstack.conftest import Stack

BOTH = ("redis", "dynamodb")


def test_up_serves_what_env_prints_and_a_second_up_changes_nothing(stack: Stack) -> None:
    up = stack.run("up", "--in-memory", *BOTH)
    assert (up.returncode, up.stderr) == (0, "")
    before = stack.read_engines()

    again = stack.run("up", "--in-memory", *BOTH)

    assert again.returncode == 0
    assert "Nothing to start: everything asked for is up." in again.stdout
    assert stack.read_engines() == before
    addresses = read_exports(stack.run("env", *BOTH).stdout)
    assert addresses["DYNAMODB_ENDPOINT_URL"] == f"http://127.0.0.1:{stack.read_port('DYNAMODB_PORT')}"
    assert addresses["REDIS_URL"] == f"redis://127.0.0.1:{stack.read_port('REDIS_PORT')}/0"
    assert connect(addresses).list_tables()["TableNames"] == []


def test_status_tells_what_is_up_and_what_is_down(stack: Stack) -> None:
    stack.run("up", "redis")

    table = stack.run("status", "redis", "dynamodb")
    document = stack.run("status", "--json", "redis")

    assert (table.returncode, document.returncode) == (3, 0)
    assert re.search(r"^dynamodb +down +- +- +- +- +-$", table.stdout, re.MULTILINE)
    (entry,) = json.loads(document.stdout)
    assert (entry["engine"], entry["state"]) == ("redis", "up")
    assert entry["address"] == f"127.0.0.1:{stack.read_port('REDIS_PORT')}"
    assert entry["pid"] == stack.read_engines()["redis"]["pid"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])
    assert 0 < entry["uptime"] < 60
    assert entry["memory"] > 2**20


def test_an_engine_killed_by_hand_is_started_anew(stack: Stack) -> None:
    stack.run("up", "--in-memory", "dynamodb")
    pid = stack.read_engines()["dynamodb"]["pid"]

    # A killed JVM is still ending while the next `up` looks at it, and holds its port until it has.
    os.kill(pid, signal.SIGKILL)
    up = stack.run("up", "--in-memory", "dynamodb")

    assert up.returncode == 0
    assert stack.read_engines()["dynamodb"]["pid"] != pid
    assert stack.read_engines()["dynamodb"]["port"] == stack.read_port("DYNAMODB_PORT")


def test_an_up_that_was_killed_is_taken_over_by_the_next(stack: Stack) -> None:
    first = stack.start("up", "--in-memory", "dynamodb")
    (pid,) = wait_for_pids(stack, 1)
    first.kill()
    first.communicate()

    up = stack.run("up", "--in-memory", "dynamodb")

    assert up.returncode == 0
    assert "was up already" in up.stdout
    assert stack.read_engines()["dynamodb"]["pid"] == pid


def test_an_engine_that_hangs_is_not_called_up(stack: Stack) -> None:
    stack.run("up", "redis")
    pid = stack.read_engines()["redis"]["pid"]

    os.kill(pid, signal.SIGSTOP)
    status = stack.run("status", "redis")
    os.kill(pid, signal.SIGCONT)

    assert status.returncode == 3
    assert "not answering" in status.stdout
    assert stack.run("status", "redis").returncode == 0


def test_dynamodb_keeps_its_tables_on_disk_over_down_and_up(stack: Stack) -> None:
    stack.run("up", "dynamodb")
    create_table(connect(read_exports(stack.run("env", "dynamodb").stdout)))

    stack.run("down")
    stack.run("up", "dynamodb")

    client = connect(read_exports(stack.run("env", "dynamodb").stdout))
    assert client.get_item(TableName="kept", Key={"name": {"S": "a"}})["Item"] == {"name": {"S": "a"}}


def test_down_of_one_engine_leaves_the_other_and_down_of_all_leaves_nothing(stack: Stack) -> None:
    stack.run("up", "--in-memory", *BOTH)
    pids = {name: entry["pid"] for name, entry in stack.read_engines().items()}

    one = stack.run("down", "dynamodb")
    assert (one.returncode, one.stdout) == (0, "Stopped: dynamodb.\n")
    assert processes.identify(pids["dynamodb"]) is None
    assert ports.is_free(stack.read_port("DYNAMODB_PORT"))
    assert list(stack.read_engines()) == ["redis"]
    assert stack.run("status", "redis").returncode == 0

    everything = stack.run("down")
    assert (everything.returncode, everything.stdout) == (0, "Stopped: redis.\n")
    assert processes.identify(pids["redis"]) is None
    assert not (stack.var / "devstack.json").exists()

    again = stack.run("down")
    assert (again.returncode, again.stdout) == (0, "Nothing was running.\n")


def test_a_pid_that_belongs_to_somebody_else_now_is_harmless(stack: Stack) -> None:
    stack.run("up", "redis")
    state = stack.var / "devstack.json"
    text = state.read_text()
    stack.run("down")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        document = json.loads(text)
        document["engines"]["redis"]["pid"] = stranger.pid
        state.write_text(json.dumps(document))

        down = stack.run("down")
        state.write_text(json.dumps(document))
        up = stack.run("up", "redis")

        assert (down.returncode, down.stdout) == (0, "Nothing was running.\n")
        assert (up.returncode, stranger.poll()) == (0, None)
        assert stack.read_engines()["redis"]["pid"] != stranger.pid
        stranger.kill()


def test_a_taken_port_is_left_to_its_holder_who_is_named(stack: Stack) -> None:
    wanted = stack.read_port("REDIS_PORT")
    with socket.create_server(("127.0.0.1", wanted)):
        up = stack.run("up", "redis")

    taken = stack.read_engines()["redis"]["port"]
    assert up.returncode == 0
    assert re.search(
        rf"^redis: port {wanted} is held by pid {os.getpid()} \(.*\); taking {taken}$",
        up.stdout,
        re.MULTILINE,
    )
    assert taken > wanted
    assert read_exports(stack.run("env", "redis").stdout)["REDIS_URL"] == f"redis://127.0.0.1:{taken}/0"


def test_the_port_of_the_web_server_is_kept_for_it(stack: Stack) -> None:
    wanted = stack.read_port("REDIS_PORT")

    up = stack.run("up", "redis", environ={"WEB_PORT": str(wanted)})

    assert f"redis: port {wanted} is kept for another server; taking" in up.stdout
    assert stack.read_engines()["redis"]["port"] > wanted


def test_two_ups_at_once_start_one_engine(stack: Stack) -> None:
    first, second = stack.start("up", "redis"), stack.start("up", "redis")

    said = "".join(run.communicate(timeout=60)[0] for run in (first, second))

    assert (first.returncode, second.returncode) == (0, 0)
    assert len(re.findall("is up after", said)) == 1
    assert len(re.findall("was up already", said)) == 1


def test_env_prints_nothing_to_evaluate_when_the_stack_is_down(stack: Stack) -> None:
    env = stack.run("env")

    assert (env.returncode, env.stdout) == (3, "")
    assert env.stderr == (
        "devstack: Not up: dynamodb, cassandra, redis. Type: python -m devstack up dynamodb cassandra redis\n"
    )


def test_an_engine_that_fails_takes_down_what_the_same_call_started(stack: Stack) -> None:
    environ = pretend_java(stack, "echo cannot open the broom cupboard; sleep 1; exit 1")

    up = stack.run("up", *BOTH, environ=environ)

    assert up.returncode == 3
    assert "dynamodb ended while it was starting." in up.stderr
    assert "cannot open the broom cupboard" in up.stderr
    assert "python -m devstack up dynamodb" in up.stderr
    assert re.search(r"^redis .* is up after", up.stdout, re.MULTILINE)
    assert stack.read_engines() == {}
    assert ports.is_free(stack.read_port("REDIS_PORT"))


def test_an_engine_that_was_up_before_survives_the_failure_of_another(stack: Stack) -> None:
    stack.run("up", "redis")

    up = stack.run("up", *BOTH, environ=pretend_java(stack, "exit 1"))

    assert up.returncode == 3
    assert list(stack.read_engines()) == ["redis"]
    assert stack.run("status", "redis").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_stops_what_it_had_started(stack: Stack, number: signal.Signals) -> None:
    up = stack.start("up", *BOTH, environ=pretend_java(stack, "exec sleep 60"))
    pids = wait_for_pids(stack, 2)

    up.send_signal(number)
    _, said = up.communicate(timeout=40)

    assert (up.returncode, said) == (3, "devstack: interrupted.\n")
    assert [processes.identify(pid) for pid in pids] == [None, None]
    assert stack.read_engines() == {}


def test_logs_shows_the_last_lines_of_each_engine(stack: Stack) -> None:
    stack.run("up", "dynamodb", environ=pretend_java(stack, "echo one; echo two; echo three; exit 1"))

    assert stack.run("logs", "-n", "2", "dynamodb").stdout == "==> dynamodb <==\ntwo\nthree\n"
    missing = f"(no log yet: {stack.var / 'log' / 'redis.log'})"
    assert stack.run("logs", "redis").stdout == f"==> redis <==\n{missing}\n"


def test_packages_prints_nothing_when_nothing_is_missing(stack: Stack) -> None:
    packages = stack.run("packages")

    assert (packages.returncode, packages.stdout, packages.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("up", "mysql"), "no engine 'mysql': choose from dynamodb, cassandra, redis"),
        (("logs", "-n", "0"), "'0' is no number of lines"),
        (("sideways",), "invalid choice: 'sideways'"),
        ((), "the following arguments are required"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(stack: Stack, words: tuple[str, ...], reason: str) -> None:
    done = stack.run(*words)

    assert done.returncode == 2
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"REDIS_PORT": "zero"}, "REDIS_PORT='zero' is no port: give a number from 1 to 65535."),
        ({"WEB_PORT": "70000"}, "WEB_PORT='70000' is no port: give a number from 1 to 65535."),
        ({"DEVSTACK": "podman"}, "DEVSTACK='podman' is unknown: give docker, or unset it"),
    ],
)
def test_a_wrong_setting_exits_3_and_starts_nothing(stack: Stack, environ: dict[str, str], reason: str) -> None:
    up = stack.run("up", "redis", environ=environ)

    assert up.returncode == 3
    assert reason in up.stderr
    assert stack.read_engines() == {}


def pretend_java(stack: Stack, script: str) -> dict[str, str]:
    """A Java that runs the script in place of an engine: the real ones cannot be made to fail on demand."""
    home = stack.var.parent / "java"
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    version = """case $1 in -version) echo 'openjdk version "17.0.1"' >&2; exit 0;; esac"""
    program.write_text(f"#!/bin/sh\n{version}\n{script}\n")
    program.chmod(0o755)
    return {"JAVA_HOME": str(home)}


def wait_for_pids(stack: Stack, count: int) -> list[int]:
    deadline = time.monotonic() + 30
    while len(engines := stack.read_engines()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return [entry["pid"] for entry in engines.values()]


def read_exports(text: str) -> dict[str, str]:
    return dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines())


def connect(addresses: dict[str, str]) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=addresses["DYNAMODB_ENDPOINT_URL"],
        region_name=addresses["AWS_REGION"],
        aws_access_key_id=addresses["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=addresses["AWS_SECRET_ACCESS_KEY"],
    )


def create_table(client: Any) -> None:
    client.create_table(
        TableName="kept",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="kept", Item={"name": {"S": "a"}})
