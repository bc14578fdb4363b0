"""Entry point of a web process."""

from __future__ import annotations

import os
import threading

import structlog
from django.core.wsgi import get_wsgi_application

from chat.api.undecodable import flag_undecodable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
application = flag_undecodable(get_wsgi_application())


def register() -> None:
    """With the control plane, at once: operators see every process, also one that no client has met yet.

    If that fails now, the first request tries again, and answers 503 as long as it fails (protocol F5).
    """
    from chat.exceptions import ChatError
    from chat.routing.process import router

    try:
        router()
    except ChatError as error:
        structlog.get_logger(__name__).warning("not_registered_yet", error=str(error))


# Not in this thread: a control database that hangs must not keep the process from answering /healthz.
threading.Thread(target=register, name="register", daemon=True).start()
