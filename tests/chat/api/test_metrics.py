"""`/metrics`: for this machine, or for whoever knows the token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pydantic import SecretStr

from chat.metrics import timed


@pytest.fixture
def with_token(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"metrics_token": SecretStr("s3cret")})


def ask(address: str, **headers: str) -> Any:
    return Client(headers=headers).get("/metrics", REMOTE_ADDR=address)


def test_this_machine_may_scrape() -> None:
    with timed("memory", "serve", "latest"):
        pass
    answer = ask("127.0.0.1")
    assert answer.status_code == 200
    assert 'chat_store_seconds_count{operation="latest",outcome="ok",role="serve",store="memory"}' in answer.text


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer None", "Bearer wrong", "s3cret"])
def test_another_machine_may_not_without_the_token(with_token: None, shown: str) -> None:
    answer = ask("192.0.2.9", authorization=shown)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_another_machine_may_with_the_token(with_token: None) -> None:
    assert ask("192.0.2.9", authorization="Bearer s3cret").status_code == 200


def test_without_a_token_no_header_opens_it() -> None:
    assert ask("192.0.2.9", authorization="Bearer ").status_code == 403
