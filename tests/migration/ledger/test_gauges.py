"""A scrape tells how the ledger stands at this moment, and goes on when the control database does not answer."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from chat.clock import wall_us
from chat.metrics import SCRAPED
from migration.enums import DebtState
from migration.ledger import files, gauges
from migration.ledger.files import ProcessFiles
from migration.ledger.gauges import register_gauges
from migration.ledger.inflight import InFlight
from migration.ledger.lines import Entry
from migration.ledger.spool import Spool
from migration.models import Debt, SweepState
from tests.migration.bed import comment
from tests.migration.controls import control_database
from tests.migration.vectors import owe


def scrape() -> dict[str, float]:
    """Samples of this app by name and labels, as the monitoring system gets them."""
    answer = Client().get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == 200
    lines = re.findall(r"^(chat_\w+(?:{[^}]*})?) (\S+)$", answer.text, re.MULTILINE)
    return {name: float(value) for name, value in lines if name.partition("{")[0] in gauges.NAMES}


@pytest.mark.usefixtures("control")
def test_entries_by_store_and_state_and_the_age_of_the_oldest() -> None:
    for number, state in enumerate([DebtState.OPEN, DebtState.OPEN, DebtState.FAILED, DebtState.PAID]):
        owe(state=state, time_us=number)
    owe(state=DebtState.UNSETTLED, owed="", time_us=9)
    Debt.objects.filter(time_us__in=[1, 3]).update(created_at=timezone.now() - timedelta(seconds=500))
    now = scrape()
    assert now['chat_ledger_entries{owed="scylla-room",state="open"}'] == 2
    assert now['chat_ledger_entries{owed="scylla-room",state="failed"}'] == 1
    assert now['chat_ledger_entries{owed="",state="unsettled"}'] == 1
    assert sum(name.startswith("chat_ledger_entries") for name in now) == 3
    assert now["chat_ledger_oldest_seconds"] == pytest.approx(500, abs=30)
    assert now["chat_ledger_readable"] == 1


@pytest.mark.usefixtures("control")
def test_an_empty_ledger_and_no_sweep() -> None:
    assert scrape() == {
        "chat_ledger_readable": 1,
        "chat_ledger_oldest_seconds": 0,
        "chat_spool_bytes": 0,
        "chat_inflight_slots": 0,
    }


@pytest.mark.usefixtures("control")
def test_the_age_of_the_last_clean_sweep() -> None:
    SweepState.objects.create(clean_start_us=wall_us() - 90_000_000, last_start_us=wall_us())
    assert scrape()["chat_sweep_clean_age_seconds"] == pytest.approx(90, abs=20)


def test_without_the_control_database_the_rest_is_told(control: Path, tmp_path: Path) -> None:
    with control_database(tmp_path / "gone" / "control.sqlite3"):
        assert scrape() == {"chat_ledger_readable": 0, "chat_spool_bytes": 0, "chat_inflight_slots": 0}


@pytest.mark.usefixtures("control")
def test_what_waits_in_the_files_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ProcessFiles(Spool(tmp_path / "own.spool"), InFlight(tmp_path / "own.inflight"))
    monkeypatch.setattr(files, "opened_files", lambda: own)
    monkeypatch.setattr(gauges, "opened_files", lambda: own)
    own.spool.append(Entry(comment(1), "dynamodb", "scylla-room", DebtState.OPEN, "away"))
    own.inflight.mark(comment(1), holder="dynamodb", owed="")
    own.inflight.mark(comment(2), holder="dynamodb", owed="")
    now = scrape()
    assert (now["chat_spool_bytes"], now["chat_inflight_slots"]) == ((tmp_path / "own.spool").stat().st_size, 2)
    own.spool.drain(lambda entries: None)
    assert scrape()["chat_spool_bytes"] == 0
    own.close()


@pytest.mark.usefixtures("control")
def test_a_scrape_makes_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> None:
        raise AssertionError("only a write may make them")

    monkeypatch.setattr(files, "_files", None)
    monkeypatch.setattr(files, "_open", made)
    assert scrape()["chat_inflight_slots"] == 0


@pytest.mark.usefixtures("control")
def test_where_processes_share_a_folder_it_is_answered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    owe()
    assert scrape()['chat_ledger_entries{owed="scylla-room",state="open"}'] == 1


@pytest.mark.usefixtures("control")
def test_registered_twice_it_is_told_once() -> None:
    register_gauges()
    names = [metric.name for metric in SCRAPED.collect()]
    assert names.count("chat_ledger_readable") == 1
