"""`/metrics`, for the monitoring system only."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from chat import conf
from chat.metrics import BREAKER_OPEN, SCRAPED
from chat.routing.process import current_router


class Breakers(Collector):
    """Whether this process spares a store."""

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(BREAKER_OPEN, "Whether this process spares the store, which failed a moment ago")]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily(
            BREAKER_OPEN, "Whether this process spares the store, which failed a moment ago", labels=["store"]
        )
        router = current_router()
        for store, is_open in sorted(router.circuits.states().items()) if router else ():
            gauge.add_metric([store], float(is_open))
        yield gauge


SCRAPED.register(Breakers())


def metrics(request: HttpRequest) -> HttpResponse:
    """Every process's figures together, where PROMETHEUS_MULTIPROC_DIR names the folder they share, and what is looked
    up now."""
    if not may_scrape(request):
        raise PermissionDenied("metrics are for this machine, or for whoever shows METRICS_TOKEN")
    return HttpResponse(b"".join(generate_latest(registry) for registry in registries()), CONTENT_TYPE_LATEST)


def registries() -> list[CollectorRegistry]:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return [REGISTRY, SCRAPED]
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the package types all but this module
    return [shared, SCRAPED]


def may_scrape(request: HttpRequest) -> bool:
    """Whoever is on this machine, or shows METRICS_TOKEN as a bearer token."""
    token = conf.env().metrics_token
    shown = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token.get_secret_value()}".encode()):
        return True
    return ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback
