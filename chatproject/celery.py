"""The Celery application: messages only wake workers, the control database is the truth (design section 9).

Each process that runs tasks is a holder: it registers when it is forked, and at its first task where nothing is forked
(`--pool=solo`, `threads`).
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_init, worker_process_init, worker_process_shutdown, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")

app = Celery("chatproject")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["migration"])


# Imported late: models are there only when Django is set up, and this module is imported before.


@worker_process_init.connect
def register_child(**_: Any) -> None:
    from migration.serving import take_part_as_worker

    take_part_as_worker()


@worker_init.connect
def register_with_first_task(**_: Any) -> None:
    """Only in workers: elsewhere a task that is called is a function like any other."""
    task_prerun.connect(register_child)


@worker_process_shutdown.connect
@worker_shutdown.connect
def deregister(**_: Any) -> None:
    from migration.flags.acting import leave

    leave()
