"""Messages to the control workers. Losing one loses nothing: the recovery task looks at the rows every few seconds."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

QUEUE = "control"
RUN = "migration.transitions.run"
DRILL = "migration.transitions.drill"


def send(task: str, pk: int) -> None:
    """Call after the commit, or a worker may look before the row is there."""
    try:
        current_app.send_task(task, args=[pk], queue=QUEUE)
    except OperationalError as error:
        log.warning("broker_away", error=str(error))
