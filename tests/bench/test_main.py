"""The program as it is called: with the engines away, and for the one claim that needs none."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.claim import names
from tests.meta.files import ROOT


def bench(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *words]
    surroundings = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def closed_port() -> int:
    """Where nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.fixture
def away(closed_port: int) -> dict[str, str]:
    """Addresses of this machine where no engine is."""
    return {
        "DYNAMODB_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}",
        "SCYLLA_CONTACT_POINTS": "127.0.0.1",
        "SCYLLA_PORT": str(closed_port),
        "REDIS_URL": f"redis://127.0.0.1:{closed_port}/0",
    }


def test_the_names_can_be_listed() -> None:
    done = bench("--list")

    assert (done.returncode, tuple(done.stdout.split())) == (0, names())


@pytest.mark.parametrize("words", [(), ("no_such_claim",), ("routing_overhead", "--list")])
def test_a_call_that_names_no_claim_is_answered_with_the_usage(words: tuple[str, ...]) -> None:
    done = bench(*words)

    assert done.returncode == 2
    assert "usage: python -m bench" in done.stderr


def test_an_engine_that_is_away_is_named_with_its_address(away: dict[str, str], tmp_path: Path) -> None:
    done = bench("dual_vs_sum", "--results", str(tmp_path), **away)

    assert done.returncode == 3, done.stderr
    assert f"cannot be reached at 127.0.0.1 port {away['SCYLLA_PORT']}" in done.stderr
    assert "python -m devstack up" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_engine_of_another_machine_is_never_asked(away: dict[str, str]) -> None:
    done = bench("dual_vs_sum", **{**away, "SCYLLA_CONTACT_POINTS": "192.0.2.1"})

    assert done.returncode == 3
    assert "SCYLLA_CONTACT_POINTS (192.0.2.1)" in done.stderr


def test_a_claim_without_engines_is_measured_and_written(away: dict[str, str], tmp_path: Path) -> None:
    done = bench("routing_overhead", "--quick", "--results", str(tmp_path), **away)

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "routing_overhead.json").read_text(encoding="utf-8"))
    assert (found["name"], found["unit"], found["peer"], found["ratio"]) == ("routing_overhead", "µs", None, None)
    assert found["command"] == "python -m bench routing_overhead --quick"
    assert found["rounds"] == 5
    assert [sample["case"] for sample in found["samples"]] == [
        case for case in ("post", "post, mirrored", "latest 20") for _ in range(5)
    ]
    # Far above what it is and far below what an engine, a lock file or a commit in a request would cost.
    assert 0.0 < found["ours"] < 2000.0
