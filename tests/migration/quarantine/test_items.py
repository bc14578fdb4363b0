"""Items that cannot be mapped are kept whole, once for each source key, in any control database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import from_item
from migration.enums import RunKind
from migration.models import QuarantinedItem, Run
from migration.quarantine.items import key_of, plain, printable, quarantine

NOW_US = 1_800_000_000_000_000


@pytest.fixture(autouse=True)
def database(control: Path) -> None:
    """Every test here writes rows."""


def item(name: str = "ann", time: str = "test_time", **others: Any) -> dict[str, Any]:
    return {"name": {"S": name}, "time": {"S": time}, "comment": {"S": "hé"}, "chat_room": {"S": "chat"}, **others}


def fault_of(odd: dict[str, Any]) -> tuple[dict[str, Any], MappingFault]:
    with pytest.raises(MappingFault) as found:
        from_item(odd, now_us=NOW_US)
    return odd, found.value


def test_an_item_is_kept_whole_with_its_reason() -> None:
    odd = item(likes={"N": "3"}, time="1700000000.5")
    quarantine([fault_of(odd)], run_id=None)
    kept = QuarantinedItem.objects.get()
    assert (kept.name, kept.time, kept.code) == ("ann", "1700000000.5", FaultCode.UNKNOWN_ATTRIBUTE)
    assert (kept.run_id, kept.state) == (None, "open")
    assert "no column for 'likes'" in kept.detail
    assert json.loads(kept.item) == odd


def test_every_kind_of_value_is_kept() -> None:
    values = {
        "blob": {"B": b"\x00\xff"},
        "blobs": {"BS": [b"a", b"b"]},
        "nested": {"M": {"list": {"L": [{"NULL": True}, {"B": b"c"}, {"N": "1e3"}, {"SS": ["x", "y"]}]}}},
        "flag": {"BOOL": False},
    }
    assert plain(values) == {
        "blob": {"B": "AP8="},
        "blobs": {"BS": ["YQ==", "Yg=="]},
        "nested": {"M": {"list": {"L": [{"NULL": True}, {"B": "Yw=="}, {"N": "1e3"}, {"SS": ["x", "y"]}]}}},
        "flag": {"BOOL": False},
    }


def test_seen_again_it_is_one_row_that_tells_of_the_last_time() -> None:
    first, second = (
        Run.objects.create(kind=RunKind.BACKFILL, source="dynamodb", target="scylla-room", epoch=2) for _ in range(2)
    )
    quarantine([fault_of(item())], run_id=first.pk)
    pk = QuarantinedItem.objects.get().pk
    quarantine([fault_of(item(chat_room={"S": ""}))], run_id=second.pk)
    kept = QuarantinedItem.objects.get()
    assert (kept.pk, kept.run_id, kept.code) == (pk, second.pk, FaultCode.MISSING_CHAT_ROOM)
    assert json.loads(kept.item)["chat_room"] == {"S": ""}


@pytest.mark.parametrize("odd", ["half \ud83d", "nul \x00 inside", "\udc00"])
def test_what_no_database_can_hold_is_kept_escaped(odd: str) -> None:
    quarantine([fault_of(item(name=odd))], run_id=None)
    kept = QuarantinedItem.objects.get()
    for text in (kept.name, kept.detail, kept.item):
        assert text.encode().isascii()
        assert "\x00" not in text
    assert json.loads(kept.item)["name"] == {"S": odd}


def test_keys_whose_escapes_look_the_same_are_two_rows() -> None:
    names = ["\ud800", "\\ud800"]
    assert printable(names[0]) == printable(names[1])
    quarantine([fault_of(item(name=name)) for name in names], run_id=None)
    assert QuarantinedItem.objects.count() == 2


def test_keys_that_run_together_to_the_same_text_are_told_apart() -> None:
    assert key_of("ab", "1") != key_of("a", "b1")
    assert key_of("1:a", "b") != key_of("1", ":ab")
    assert key_of("a", "1.5") == key_of("a", "1.5")


def test_a_page_full_of_faults_is_kept() -> None:
    quarantine([fault_of(item(time=f"bad {number}")) for number in range(4000)], run_id=None)
    assert QuarantinedItem.objects.count() == 4000
