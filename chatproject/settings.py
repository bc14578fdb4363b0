"""Django settings. What an operator can choose comes from `env.Env`; the rest is decided here."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url

from chatproject import beat, cassandra, console, logs, secret
from chatproject.env import Env

ENV = Env()
VAR_DIR: Path = ENV.var_dir
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key.get_secret_value() if ENV.secret_key else secret.load_or_make(VAR_DIR / "secret_key")
ALLOWED_HOSTS = ENV.allowed_hosts

INSTALLED_APPS = [
    "django_cassandra_engine",
    *console.APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "chat",
    "chat.web",
    "migration",
]

MIDDLEWARE = [
    "chat.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chat.api.middleware.ErrorEnvelopeMiddleware",
    "chat.api.cors.CorsMiddleware",
    "chat.api.ratelimit.RateLimitMiddleware",
    *console.MIDDLEWARE,
]
SILENCED_SYSTEM_CHECKS = console.SILENCED_CHECKS

ROOT_URLCONF = "chatproject.urls"
WSGI_APPLICATION = "chatproject.wsgi.application"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = ENV.chat_max_body_bytes

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": console.CONTEXT_PROCESSORS},
    }
]

# The console's log-in. Its cookies go to the console only, never along with a chat request.
AUTHENTICATION_BACKENDS = console.AUTHENTICATION_BACKENDS
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 3600
UNFOLD = console.UNFOLD
AXES_FAILURE_LIMIT = 5
# Both together: whoever guesses a person's password does not lock that person out elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "migration/locked_out.html"
AXES_VERBOSE = False


def control_database() -> dict[str, Any]:
    options: dict[str, Any] = dict(dj_database_url.parse(ENV.control_database_url, conn_max_age=600))
    if options["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a transaction that will write takes its lock at once instead of failing half way.
        # FULL: a committed ledger entry survives a power loss (protocol W6).
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        options["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
    if options["ENGINE"].endswith("postgresql"):
        # A server that is gone is noticed within seconds, not when TCP gives up (protocol F7). A commit answers when
        # it is on disk, whatever the server, database or role is set to (protocol W6).
        durable = "-c synchronous_commit=on"
        options["OPTIONS"] = {"connect_timeout": 2, "tcp_user_timeout": 5000, "options": durable}
    return options


DATABASES: dict[str, Any] = {"default": control_database(), "scylla": cassandra.database(ENV)}
DATABASE_ROUTERS = ["chatproject.dbrouter.ControlRouter"]
# cqlengine models are no Django tables: makemigrations must never see them.
MIGRATION_MODULES = {"chat": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# whitenoise looks there at start, before anything is collected.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatproject.statics.CollectedOrPlain"},
}
# Without a collected manifest (development, tests) whitenoise serves straight from the apps.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MANIFEST_STRICT = False

LOGGING_CONFIG = None
logs.configure(fmt=ENV.log_format, level=ENV.log_level)

# How the chat service finds its control plane; `chat` knows these only as dotted paths (chat/routing/ports.py).
CHAT_ROUTING = "migration.serving.make_policy"
# Without it a fixed DB_BACKEND asks nobody.
CHAT_FIXED_REGISTRAR = "migration.serving.make_fixed_policy"
CHAT_DEBT_RECORDER = "migration.serving.make_recorder"

CELERY_BROKER_URL = ENV.redis_url

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A worker that dies gives its message back; the rows make a second delivery harmless.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_TASK_TIME_LIMIT = 180
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# More than twice the time limit, so that a message never comes back while its task still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = beat.SCHEDULE
