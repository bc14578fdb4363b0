"""What reads leave out is counted always and logged once for each key."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from chat.codec.faults import FaultCode, MappingFault
from chat.stores import skipped
from chat.stores.skipped import Skipped

FAULT = MappingFault(FaultCode.TIME_NOT_A_NUMBER, "time", "'test_time' is not a number")


def test_a_key_is_logged_once_however_often_it_is_read() -> None:
    noted = Skipped("dynamodb")
    with capture_logs() as logs:
        for _ in range(3):
            noted.note(("b", "test_time"), FAULT)
    assert [(log["event"], log["key"], log["code"]) for log in logs] == [
        ("not_mapped", ("b", "test_time"), "time_not_a_number")
    ]
    assert noted.count == 3


def test_what_is_remembered_for_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipped, "MAX_REPORTED", 2)
    noted = Skipped("dynamodb")
    with capture_logs() as logs:
        for i in range(5):
            noted.note((f"{i}",), FAULT)
    assert len(logs) == 2
    assert noted.count == 5
