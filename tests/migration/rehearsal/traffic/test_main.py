import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.migration.rehearsal.chat_double import ChatDouble
from tests.migration.rehearsal.traffic.records import read_records

REPOSITORY = Path(__file__).resolve().parents[4]
PROGRAM = [sys.executable, "-m", "migration.rehearsal.traffic"]


def start(double: ChatDouble, tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    """A generator in a process of its own that would run for a minute."""
    size = ["--seconds", "60", "--writers", "2", "--readers", "1", "--rate", "50", "--linger", "0.2"]
    command = [*PROGRAM, "--url", double.url, "--log", str(tmp_path / "log"), *size, *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True)


def wait_for_posts(double: ChatDouble, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(double.comments) < count:
        assert time.monotonic() < deadline, "the generator posted nothing"
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["stop file", "SIGTERM"])
def test_ends_cleanly_when_told_to(double: ChatDouble, tmp_path: Path, how: str) -> None:
    process = start(double, tmp_path, "--stop-file", str(tmp_path / "stop"))
    wait_for_posts(double, 5)
    if how == "SIGTERM":
        process.send_signal(signal.SIGTERM)
    else:
        (tmp_path / "stop").touch()
    output, errors = process.communicate(timeout=20)

    summary = json.loads(output)
    assert (process.returncode, errors, summary["ended"]) == (0, "", how)
    assert summary["acknowledged"] == len(double.comments)
    assert len(read_records(tmp_path / "log", "intent")) == len(read_records(tmp_path / "log", "outcome"))


def test_survives_dropped_connections_and_counts_them_as_failed(double: ChatDouble, tmp_path: Path) -> None:
    double.trouble = lambda number: ("drop before storing", "drop after storing", None)[number % 3]
    process = start(double, tmp_path, "--posts", "30")
    output, errors = process.communicate(timeout=20)

    summary = json.loads(output)
    assert (process.returncode, errors, summary["ended"]) == (0, "", "all posts made")
    assert (summary["acknowledged"], summary["failed"], double.posts) == (10, 20, 30)
    assert len(double.comments) == 20


def test_what_was_acknowledged_outlives_a_kill(double: ChatDouble, tmp_path: Path) -> None:
    process = start(double, tmp_path)
    wait_for_posts(double, 10)
    process.kill()
    process.communicate(timeout=20)

    complete = (tmp_path / "log").read_bytes().split(b"\n")[:-1]
    records = [json.loads(line) for line in complete]
    said = {record["comment"] for record in records if record["kind"] == "intent"}
    assert {comment["comment"] for comment in double.comments.values()} <= said


def test_refuses_to_load_another_machine(tmp_path: Path) -> None:
    size = ["--seconds", "1", "--writers", "1", "--readers", "1", "--rate", "1"]
    command = [*PROGRAM, "--url", "http://10.1.2.3:8080", "--log", str(tmp_path / "log"), *size]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 2
    assert "http://10.1.2.3:8080: made-up comments go to a loopback address only" in done.stderr
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("package", ["traffic", "checker"])
def test_shares_no_code_with_what_it_judges(package: str) -> None:
    program = (
        f"import sys, migration.rehearsal.{package}.__main__\n"
        "roots = ('chat', 'chatproject', 'django', 'celery')\n"
        "print([name for name in sys.modules if name.split('.')[0] in roots\n"
        f"       or name.startswith('migration.') and not 'migration.rehearsal.{package}'.startswith(name)\n"
        f"       and not name.startswith('migration.rehearsal.{package}.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
