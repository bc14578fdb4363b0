"""An address over the limit gets 429 with Retry-After; loopback, health and the page are free."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from django.test import Client

from chat.api.ratelimit import counted_address
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import Limit

LATEST = "/chat/comments/latest"
LOOPBACK = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def stranger() -> dict[str, Any]:
    """A made-up public address of its own, so that no other run's count is met in the shared Redis."""
    return {"REMOTE_ADDR": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::7"}


def statuses(client: Client, count: int, **extra: Any) -> list[int]:
    return [client.get(LATEST, **extra).status_code for _ in range(count)]


def test_the_request_over_the_limit_is_429_with_a_pause(
    memory: MemoryStore, limits: Limit, stranger: dict[str, Any]
) -> None:
    limits(rate_limit_per_minute=3)
    client = Client()
    # A minute may turn within the test: then the count starts anew once.
    answers = [client.get(LATEST, **stranger) for _ in range(7)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert refused[0].json()["error"]["code"] == "too_many_requests"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert refused[0].headers["Access-Control-Allow-Origin"] == "*"


def test_addresses_are_counted_apart(memory: MemoryStore, limits: Limit, stranger: dict[str, Any]) -> None:
    limits(rate_limit_per_minute=1)
    client = Client()
    statuses(client, 3, **stranger)
    assert statuses(client, 1, REMOTE_ADDR=f"2001:db8:{secrets.token_hex(2)}:1::7") == [200]


def test_a_forwarded_address_is_only_a_claim(memory: MemoryStore, limits: Limit, stranger: dict[str, Any]) -> None:
    limits(rate_limit_per_minute=1)
    client = Client()
    answers = [
        client.get(LATEST, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}", **stranger).status_code for number in range(5)
    ]
    assert answers.count(429) >= 3


def test_loopback_is_free_unless_a_setting_says_otherwise(memory: MemoryStore, limits: Limit) -> None:
    limits(rate_limit_per_minute=1)
    assert statuses(Client(), 5, **LOOPBACK) == [200] * 5
    limits(rate_limit_per_minute=1, rate_limit_loopback=True)
    assert statuses(Client(), 5, **LOOPBACK).count(429) >= 3


def test_zero_turns_the_limit_off(memory: MemoryStore, limits: Limit, stranger: dict[str, Any]) -> None:
    limits(rate_limit_per_minute=0)
    assert statuses(Client(), 5, **stranger) == [200] * 5


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/chat", "/"])
def test_health_and_the_page_are_free(memory: MemoryStore, limits: Limit, stranger: dict[str, Any], path: str) -> None:
    limits(rate_limit_per_minute=1)
    client = Client()
    assert [client.get(path, **stranger).status_code for _ in range(4)] == [200] * 4


def test_without_redis_the_limit_still_holds(memory: MemoryStore, limits: Limit, stranger: dict[str, Any]) -> None:
    limits(rate_limit_per_minute=1, redis_url="redis://127.0.0.1:1/0")
    assert statuses(Client(), 5, **stranger).count(429) >= 3


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("127.8.8.8", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", "unknown"),
        ("unix:", "unix:"),
    ],
)
def test_what_stands_for_a_client(remote: str, counted: str | None) -> None:
    assert counted_address(remote) == counted
