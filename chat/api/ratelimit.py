"""A limit of requests per address and minute on the chat API (RATE_LIMIT_PER_MINUTE, 0 turns it off)."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from chat import conf
from chat.api.errors import envelope
from chat.api.faults import Fault
from chat.api.windows import WINDOW_SECONDS, LocalWindows, RedisWindows, SharedWindows

LIMITED = ("/chat/comments/", "/api/")
"""Health, the page and its assets are free: a limited client must still be told what is going on."""
IPV6_SITE_BITS = 64
"""One IPv6 client commands at least this whole network, so it is counted as one address."""


class RateLimitMiddleware:
    """Counts by the peer's own address: a forwarded-for header is the client's claim, and is not believed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.limit = conf.env().rate_limit_per_minute
        if self.limit == 0:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.loopback = conf.env().rate_limit_loopback
        self.windows = SharedWindows(RedisWindows(conf.env().redis_url), LocalWindows())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(LIMITED) or request.method == "OPTIONS":
            return self.get_response(request)
        address = counted_address(request.META.get("REMOTE_ADDR", ""))
        if address is None and not self.loopback:
            return self.get_response(request)
        now = int(time.time())
        if self.windows.count(address or "loopback", now // WINDOW_SECONDS) <= self.limit:
            return self.get_response(request)
        return envelope(request, too_many(self.limit, WINDOW_SECONDS - now % WINDOW_SECONDS))


def counted_address(remote: str) -> str | None:
    """What stands for a client: its IPv4 address or IPv6 network; None for loopback.

    A peer without an IP address (a Unix socket behind a proxy) is counted under whatever the server calls it.
    """
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return remote or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return None if address.is_loopback else site_of(address)
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)


def site_of(address: ipaddress.IPv6Address) -> str:
    return str(ipaddress.ip_network((address, IPV6_SITE_BITS), strict=False))


def too_many(limit: int, seconds: int) -> Fault:
    message = f"at most {limit} requests a minute; try again in {seconds} s"
    return Fault(429, "too_many_requests", message, retry_after=seconds)
