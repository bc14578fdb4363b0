"""Command lines of the long-running programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from chatproject import programs
from chatproject.beat import SCHEDULE
from chatproject.celery import app
from chatproject.env import Env


def test_every_queue_that_tasks_are_sent_to_has_a_worker() -> None:
    app.loader.import_default_modules()
    listened = {queue for queues, _ in programs.QUEUES.values() for queue in queues.split(",")}
    assert listened == {"control", "backfill", "parity", "census", "stream"}


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)


def test_options_are_known_to_the_installed_server() -> None:
    command = programs.web(Env())
    known = subprocess.run([*command[:3], "--help"], capture_output=True, text=True, check=True).stdout
    given = [word.partition("=")[0] for word in command[3:-1]]
    assert [option for option in given if option not in known] == []


def test_beat_keeps_its_memory_where_it_is_told() -> None:
    assert "--schedule=/srv/beat" in programs.beat(Path("/srv/beat"))
