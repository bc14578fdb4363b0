"""What is particular to the CQL store: deletes and conditional inserts, both engines' answers, the settings."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from chat.data import Comment
from chat.exceptions import OutcomeUnknown, StoreRefused, StoreUnavailable
from chat.routing.authority import settle
from chat.stores.base import PutResult
from chat.stores.scylla.room import ScyllaRoomStore, result_of
from tests import engines

T = 1_700_000_000_000_000


@pytest.fixture
def comment(room: str, name: str) -> Comment:
    return Comment(room, name, T, "hello")


def delete_at(session: Any, keyspace: str, comment: Comment, timestamp_us: int) -> None:
    session.execute(
        f"DELETE FROM {keyspace}.chat_by_room USING TIMESTAMP %s WHERE chat_room = %s AND time_us = %s AND name = %s",
        (timestamp_us, comment.room, comment.time_us, comment.name),
    )


def test_the_engine_calls_an_insert_applied_that_a_later_tombstone_hides(
    cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """The reason for the read-back of protocol T5, with the mechanism off."""
    delete_at(cql_session, keyspace, comment, time.time_ns() // 1000 + 60_000_000)
    inserted = cql_session.execute(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name, comment) "
        "VALUES (%s, %s, %s, %s) IF NOT EXISTS",
        (comment.room, comment.time_us, comment.name, comment.text),
    )
    assert inserted.one()["[applied]"] is True
    found = cql_session.execute(f"SELECT * FROM {keyspace}.chat_by_room WHERE chat_room = %s", (comment.room,))
    assert found.all() == []


def test_put_under_a_later_tombstone_is_not_acknowledged(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """Protocol T5."""
    delete_at(cql_session, keyspace, comment, time.time_ns() // 1000 + 1_500_000)
    with pytest.raises(OutcomeUnknown, match="hidden by a delete"):
        scylla.put(comment)
    # Once the clock has passed the tombstone, the same put again (protocol W3) settles it.
    time.sleep(1.6)
    assert scylla.put(comment) == PutResult(applied=True)
    assert scylla.latest(comment.room, 1) == (comment,)


def test_put_straight_after_a_delete_is_settled_by_the_same_put_again(
    scylla: ScyllaRoomStore, comment: Comment
) -> None:
    """The engine's own timestamp of a conditional insert may lie a millisecond behind: then the first one is hidden."""
    scylla.put(comment)
    scylla.delete(comment)
    again = replace(comment, text="again")
    assert settle(scylla, again) == PutResult(applied=True)
    assert scylla.latest(comment.room, 1) == (again,)


def test_delete_wins_over_a_row_stamped_in_the_future(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """Protocol T4: the tombstone is stamped above the row, not only above now."""
    cql_session.execute(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name, comment) VALUES (%s, %s, %s, 'x') "
        "USING TIMESTAMP %s",
        (comment.room, comment.time_us, comment.name, time.time_ns() // 1000 + 3_600_000_000),
    )
    scylla.delete(comment)
    assert scylla.latest(comment.room, 1) == ()


def test_upsert_stamps_the_row_with_its_own_instant(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """Protocol T3: so every path writes the same cell, in any order."""
    scylla.upsert(comment)
    scylla.upsert_many([comment])
    row = cql_session.execute(
        f"SELECT WRITETIME(comment) AS written FROM {keyspace}.chat_by_room WHERE chat_room = %s", (comment.room,)
    ).one()
    assert row["written"] == T


def test_a_row_without_a_raw_time_makes_no_tombstone(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """Protocol T6, as the engine counts it; a null bound on purpose shows that the count would tell."""
    counted = f"SELECT * FROM {keyspace}.chat_by_room WHERE chat_room = %s"

    def tombstones() -> list[str]:
        trace = cql_session.execute(counted, (comment.room,), trace=True).get_query_trace()
        reads = [event.description for event in trace.events if "tombstone cells" in event.description]
        return [read.split(" and ")[1] for read in reads]

    scylla.put(comment)
    scylla.upsert(replace(comment, time_us=T + 1))
    scylla.upsert_many([replace(comment, time_us=T + 2), replace(comment, time_us=T + 3)])
    assert tombstones() == ["0 tombstone cells"]
    insert = cql_session.prepare(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name, comment, time_raw) VALUES (?, ?, ?, ?, ?)"
    )
    cql_session.execute(insert, (comment.room, T + 4, comment.name, "null", None))
    assert tombstones() != ["0 tombstone cells"]


def test_result_of_reads_both_engines_answers() -> None:
    """Cassandra gives only `[applied]` when it applied; ScyllaDB then gives every column as null, in its own order."""
    cassandra = {"[applied]": True}
    scylladb = {"[applied]": True, "chat_room": None, "time_us": None, "name": None, "comment": None, "time_raw": None}
    assert result_of(cassandra) == result_of(scylladb) == PutResult(applied=True)
    row = {"[applied]": False, "time_raw": None, "name": "n", "comment": "c", "time_us": T, "chat_room": "r"}
    assert result_of(row) == PutResult(applied=False, existing=Comment("r", "n", T, "c"))


def test_a_foreign_row_without_a_comment_is_a_different_row(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    cql_session.execute(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name) VALUES (%s, %s, %s)",
        (comment.room, comment.time_us, comment.name),
    )
    assert scylla.put(comment) == PutResult(applied=False, existing=None)


def test_a_foreign_row_without_a_comment_is_left_out_of_reads(
    scylla: ScyllaRoomStore, cql_session: Any, keyspace: str, comment: Comment
) -> None:
    """Serving it would invent an empty comment; failing over it would take the whole room away."""
    cql_session.execute(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name) VALUES (%s, %s, %s)",
        (comment.room, comment.time_us, comment.name),
    )
    older = replace(comment, time_us=T - 1)
    scylla.upsert(older)
    assert scylla.latest(comment.room, 2) == (older,)
    assert scylla.get(comment.room, comment.name, comment.time) is None
    assert scylla.skipped.count == 2


def test_by_user_without_the_view_names_the_setting(keyspace: str, cql_cluster: Any) -> None:
    store = engines.scylla_store(keyspace, cql_cluster, has_user_view=False)
    with pytest.raises(StoreRefused, match="SCYLLA_USER_TIMELINE=view"):
        store.by_user("anyone", None, 10)


def test_a_missing_table_is_refused_with_what_to_do(cql_cluster: Any, comment: Comment) -> None:
    store = engines.scylla_store("no_such_keyspace", cql_cluster)
    with pytest.raises(StoreRefused, match="sync_schema"):
        store.put(comment)
    with pytest.raises(StoreRefused, match="sync_schema"):
        store.ping()


def test_a_table_made_later_is_found(cql_cluster: Any, cql_session: Any, comment: Comment) -> None:
    """A statement that could not be prepared is tried again by the next call."""
    keyspace = f"late_{comment.room[-12:]}"
    store = engines.scylla_store(keyspace, cql_cluster)
    with pytest.raises((StoreRefused, StoreUnavailable)):
        store.ping()
    with engines.cql_keyspace(cql_session, name=keyspace):
        store.put(comment)
        assert store.latest(comment.room, 1) == (comment,)
