"""How often a call is sent, how long it may take, and what its failure is called.

Against a scripted service, because DynamoDB Local neither throttles nor fails.
"""

from __future__ import annotations

import random
import socket
import time
from typing import Any

import pytest

from chat.exceptions import OutcomeUnknown, StoreRefused, StoreThrottled, StoreUnavailable
from chat.stores.base import Deadlines
from chat.stores.dynamodb import calls
from chat.stores.dynamodb.calls import MAX_ATTEMPTS, Calls
from tests.faults.service import BROKEN, DENIED, NO_TABLE, OK, THROTTLED, Reply, serving

LONG = Deadlines(connect=5.0, request=20.0)


def calls_to(url: str, deadlines: Deadlines = LONG) -> Calls:
    return Calls(endpoint_url=url, region="us-east-1", deadlines=deadlines, store="dynamodb")


def put(client: Any) -> Any:
    return client.put_item(TableName="chat", Item={"name": {"S": "n"}, "time": {"S": "1.0"}})


@pytest.mark.parametrize("reply", [THROTTLED, BROKEN])
def test_a_read_is_sent_again_after_a_passing_failure(reply: Reply) -> None:
    with serving(reply, reply, OK) as service:
        calls_to(service.url).read(put)
        assert service.asked == 3


def test_attempts_are_bounded_in_number() -> None:
    with serving(THROTTLED) as service:
        with pytest.raises(StoreUnavailable):
            calls_to(service.url).read(put)
        assert service.asked == MAX_ATTEMPTS


def test_throttling_is_told_apart_from_a_store_that_is_away() -> None:
    """So that a worker slows down for the one and counts the other as a failure."""
    with serving(THROTTLED) as service, pytest.raises(StoreThrottled):
        calls_to(service.url).read(put)
    with serving(BROKEN) as service, pytest.raises(StoreUnavailable) as broken:
        calls_to(service.url).read(put)
    assert not isinstance(broken.value, StoreThrottled)


def test_no_attempt_begins_too_late_to_end_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are 2, 4, ... s here, so the third attempt would begin after 6 of 10 s."""
    monkeypatch.setattr(calls, "FIRST_PAUSE", 2.0)
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
    with serving(THROTTLED) as service:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            calls_to(service.url, Deadlines(connect=1.0, request=10.0)).read(put)
        assert service.asked == 2
        assert time.monotonic() - started < 6


@pytest.mark.parametrize("reply", [THROTTLED, BROKEN, DENIED])
def test_a_conditional_write_is_sent_once_whatever_comes_back(reply: Reply) -> None:
    """Protocol W1."""
    with serving(reply, OK) as service:
        with pytest.raises((StoreUnavailable, OutcomeUnknown, StoreRefused)):
            calls_to(service.url).once(put)
        assert service.asked == 1


@pytest.mark.parametrize(("reply", "kind"), [(THROTTLED, StoreUnavailable), (BROKEN, OutcomeUnknown)])
def test_a_throttled_write_was_not_done_and_a_broken_one_may_be(reply: Reply, kind: type[Exception]) -> None:
    with serving(reply) as service:
        with pytest.raises(kind):
            calls_to(service.url).once(put)
        with pytest.raises(kind):
            calls_to(service.url).write(put)


def test_a_write_that_may_have_worked_once_stays_unknown() -> None:
    """The last attempt was only throttled, but the first one may have been done."""
    with serving(BROKEN, THROTTLED) as service, pytest.raises(OutcomeUnknown):
        calls_to(service.url).write(put)


@pytest.mark.parametrize(("reply", "advice"), [(NO_TABLE, "sync_schema"), (DENIED, "PutItem")])
def test_a_refusal_is_not_repeated_and_says_what_to_do(reply: Reply, advice: str) -> None:
    with serving(reply) as service:
        with pytest.raises(StoreRefused, match=advice):
            calls_to(service.url).read(put)
        assert service.asked == 1


def test_a_closed_port_is_unavailable_for_reads_and_writes_alike() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = calls_to(f"http://127.0.0.1:{port}")
    for send in (refused.read, refused.write, refused.once):
        with pytest.raises(StoreUnavailable, match="DYNAMODB_ENDPOINT_URL"):
            send(put)


def test_missing_credentials_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with serving(OK) as service, pytest.raises(StoreRefused, match="credentials"):
        calls_to(service.url).read(put)
