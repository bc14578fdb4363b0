"""Entry point of a web process. The process registers with the control plane at its first request (lazily, per
process), so a pre-forking server is no trouble."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from chat.api.undecodable import flag_undecodable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
application = flag_undecodable(get_wsgi_application())
