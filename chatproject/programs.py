"""The command lines of the long-running programs of a deployment: web, worker, beat."""

from __future__ import annotations

import sys
from pathlib import Path

from chatproject.env import BASE_DIR, Env

QUEUES = {"control": ("control", 2), "walks": ("backfill,parity,census,stream", 2)}
"""Worker name: its queues, and how many tasks it takes at once. Debts are paid while a backfill runs, and while a
transition that somebody left is watched for a sign of life."""


def web(env: Env) -> list[str]:
    """granian, WSGI: threads do the waiting for stores, so a worker needs several."""
    return [
        *_module("granian"),
        "--interface=wsgi",
        "--host=127.0.0.1",
        f"--port={env.web_port}",
        f"--workers={env.web_workers}",
        f"--blocking-threads={env.web_threads}",
        "--respawn-failed-workers",
        "--workers-kill-timeout=10",
        "--no-log" if env.log_level == "ERROR" else "--log",
        f"--working-dir={BASE_DIR}",
        "chatproject.wsgi:application",
    ]


def worker(name: str) -> list[str]:
    queues, concurrency = QUEUES[name]
    return [
        *_celery("worker"),
        f"--queues={queues}",
        f"--concurrency={concurrency}",
        f"--hostname={name}@%h",
        "--without-gossip",
        "--without-mingle",
    ]


def beat(schedule: Path) -> list[str]:
    """`schedule` is the file beat remembers its last runs in; each schedule needs one process only."""
    return [*_celery("beat"), f"--schedule={schedule}", "--pidfile="]


def _celery(command: str) -> list[str]:
    return [*_module("celery"), f"--workdir={BASE_DIR}", "-A", "chatproject", command, "--loglevel=WARNING"]


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]
