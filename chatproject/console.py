"""How the console under /admin/ is set up: its apps, its middleware, and its looks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# The console has a site of its own (migration/admin/site.py): neither unfold's nor Django's default one is wanted,
# nor what other apps would register there by themselves.
APPS = [
    "unfold.apps.BasicAppConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.sessions",
    "django.contrib.messages",
    "axes",
]

MIDDLEWARE = [
    "chatproject.consolepaths.PolicyMiddleware",
    "chatproject.consolepaths.ConsoleSessionMiddleware",
    "chatproject.consolepaths.ConsoleCsrfMiddleware",
    "chatproject.consolepaths.ConsoleAuthenticationMiddleware",
    "chatproject.consolepaths.ConsoleMessageMiddleware",
    "chatproject.consolepaths.ConsoleAxesMiddleware",
]
# It looks for axes' own class by name; ours is that class, for the console's addresses only.
SILENCED_CHECKS = ["axes.W002"]

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]


def style(request: HttpRequest) -> str:
    return static("migration/console.css")


def script(request: HttpRequest) -> str:
    return static("migration/console.js")


def icon(request: HttpRequest) -> str:
    return static("chat/icon.svg")


def administers(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _link(title: str, symbol: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": symbol, "link": reverse_lazy(f"admin:{name}")}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Chat move",
    "SITE_HEADER": "Chat move",
    "SITE_SUBHEADER": "DynamoDB to ScyllaDB",
    "SITE_SYMBOL": "swap_horiz",
    "SITE_URL": "/chat",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [style],
    "SCRIPTS": [script],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 240)",
            "100": "oklch(93.2% .032 240)",
            "200": "oklch(88.2% .059 241)",
            "300": "oklch(80.9% .105 242)",
            "400": "oklch(70.7% .145 243)",
            "500": "oklch(60.5% .150 244)",
            "600": "oklch(51.5% .145 245)",
            "700": "oklch(45.5% .130 246)",
            "800": "oklch(39.5% .105 247)",
            "900": "oklch(35.0% .085 248)",
            "950": "oklch(26.5% .065 249)",
        }
    },
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Rollout",
                "items": [
                    _link("Endpoints", "dashboard", "index"),
                    _link("Transitions", "moving", "migration_transition_changelist"),
                    _link("Processes", "memory", "migration_holder_changelist"),
                    _link("Audit", "history_edu", "migration_auditevent_changelist"),
                    {**_link("People", "group", "auth_user_changelist"), "permission": administers},
                ],
            }
        ]
    },
}
