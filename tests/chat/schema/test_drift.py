"""Differences as a script reads them."""

from __future__ import annotations

from chat.schema.drift import Difference, DriftKind, Survey
from chat.schema.dynamodb_table import ApiCall

MISSING = Difference(
    store="dynamodb",
    subject="chat",
    kind=DriftKind.MISSING_TABLE,
    sentence="the table chat does not exist",
    todo="create it",
    change=ApiCall("CreateTable", {"TableName": "chat"}),
)
EXTRA = Difference(store="scylla", subject="k.t.c", kind=DriftKind.UNKNOWN_COLUMN, sentence="t has c", todo="nothing")


def test_a_difference_as_json() -> None:
    assert MISSING.as_json() == {
        "store": "dynamodb",
        "subject": "chat",
        "kind": "missing_table",
        "sentence": "the table chat does not exist",
        "todo": "create it",
        "statement": 'CreateTable {"TableName": "chat"}',
        "tolerated": False,
    }
    assert EXTRA.as_json()["statement"] is None


def test_only_tolerated_differences_leave_a_store_in_sync() -> None:
    assert Survey(store="s", engine="e", notes=(), differences=()).in_sync
    assert Survey(store="s", engine="e", notes=(), differences=(EXTRA,)).in_sync
    assert not Survey(store="s", engine="e", notes=(), differences=(EXTRA, MISSING)).in_sync
