"""`/metrics`: for this machine, or for whoever knows the token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from chat.api import metrics as module
from chat.api.metrics import Breakers
from chat.metrics import timed
from chat.routing.process import use_router
from tests.chat.routing.doubles import SOURCE, TARGET, Setting


@pytest.fixture(autouse=True)
def without_the_control_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gauges look into its database; the service serves and is scraped without it too."""
    alone = CollectorRegistry()
    alone.register(Breakers())
    monkeypatch.setattr(module, "SCRAPED", alone)


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


@pytest.mark.parametrize("shared", [False, True])
def test_the_breakers_of_the_process_are_told(shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shared:
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with use_router(Setting().router) as router:
        router.circuits.of(SOURCE)
        router.circuits.of(TARGET).trip("away")
        told = ask("127.0.0.1").text
        router.circuits.close()
    assert f'chat_breaker_open{{store="{SOURCE}"}} 0.0' in told
    assert f'chat_breaker_open{{store="{TARGET}"}} 1.0' in told
