"""`/metrics`, for the monitoring system only."""

from __future__ import annotations

import hmac
import ipaddress
import os

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from chat import conf


def metrics(request: HttpRequest) -> HttpResponse:
    """Every process's figures together, where PROMETHEUS_MULTIPROC_DIR names the folder they share."""
    if not may_scrape(request):
        raise PermissionDenied("metrics are for this machine, or for whoever shows METRICS_TOKEN")
    return HttpResponse(b"".join(generate_latest(registry) for registry in registries()), CONTENT_TYPE_LATEST)


def registries() -> list[CollectorRegistry]:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return [REGISTRY]
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the package types all but this module
    return [shared]


def may_scrape(request: HttpRequest) -> bool:
    """Whoever is on this machine, or shows METRICS_TOKEN as a bearer token."""
    token = conf.env().metrics_token
    shown = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token.get_secret_value()}".encode()):
        return True
    return ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback
