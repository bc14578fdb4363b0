"""Look, mend, look again, on the real engine: what is missing is made, and nothing that is there is harmed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from chat.conf import env
from chat.exceptions import StoreRefused
from chat.schema import cql
from chat.schema.drift import Difference, DriftKind, Survey

SEED_TABLE = """CREATE TABLE {0}.chat_by_room (chat_room text, time_us bigint, name text, comment text,
    PRIMARY KEY ((chat_room), time_us, name)) WITH CLUSTERING ORDER BY (time_us DESC, name ASC)"""
SEED_VIEW = """CREATE MATERIALIZED VIEW {0}.chat_by_user AS SELECT chat_room, time_us, name, comment
    FROM {0}.chat_by_room WHERE chat_room IS NOT NULL AND time_us IS NOT NULL AND name IS NOT NULL
    PRIMARY KEY ((name), time_us, chat_room)"""


def survey(session: Any, keyspace: str, *, replication: str | None = None, user_view: bool = True) -> Survey:
    return cql.survey(
        session,
        keyspace=keyspace,
        replication_setting=replication,
        local_dc=env().scylla_local_dc,
        user_view=user_view,
    )


def mend(session: Any, found: Survey) -> list[Difference]:
    done: list[Difference] = []
    cql.mend(session, found.differences, done=done.append)
    return done


def make_keyspace(session: Any, keyspace: str, *tables: str) -> None:
    replication = "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {keyspace} WITH replication = {replication}", timeout=60)
    for table in tables:
        session.execute(table.format(keyspace), timeout=60)


def kinds(differences: Iterable[Difference]) -> list[DriftKind]:
    return [difference.kind for difference in differences]


def test_an_empty_cluster_gets_everything_once(session: Any, keyspace: str) -> None:
    before = survey(session, keyspace)
    assert kinds(before.differences) == [
        DriftKind.MISSING_KEYSPACE,
        DriftKind.MISSING_TABLE,
        DriftKind.MISSING_VIEW,
    ]
    assert before.notes == (
        f"keyspace {keyspace}: replication {env().scylla_local_dc}:1 (nodes there: 1, SCYLLA_REPLICATION not set)",
    )
    assert mend(session, before) == list(before.differences)

    after = survey(session, keyspace)
    assert (after.differences, after.in_sync) == ((), True)
    assert after.notes[0].startswith(f"keyspace {keyspace}: keeps its replication {{'class': 'NetworkTopo")


def test_looking_changes_nothing(session: Any, keyspace: str) -> None:
    survey(session, keyspace)
    assert session.execute(
        "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = %s", [keyspace]
    ).all() == []  # fmt: skip


def test_without_the_user_timeline_there_is_no_view(session: Any, keyspace: str) -> None:
    before = survey(session, keyspace, user_view=False)
    mend(session, before)
    views = session.execute("SELECT view_name FROM system_schema.views WHERE keyspace_name = %s", [keyspace])
    assert views.all() == []
    assert survey(session, keyspace, user_view=False).in_sync


def test_the_seed_s_own_table_is_completed_in_place(session: Any, keyspace: str) -> None:
    make_keyspace(session, keyspace, SEED_TABLE)
    session.execute(
        f"INSERT INTO {keyspace}.chat_by_room (chat_room, time_us, name, comment) VALUES ('chat', 5, 'ada', 'hi')"
    )
    before = survey(session, keyspace)
    assert kinds(before.differences) == [
        DriftKind.MISSING_COLUMN,
        DriftKind.WRONG_COMPACTION,
        DriftKind.MISSING_VIEW,
    ]
    mend(session, before)
    assert survey(session, keyspace).differences == ()
    row = session.execute(f"SELECT * FROM {keyspace}.chat_by_room").one()
    assert row == {"chat_room": "chat", "time_us": 5, "name": "ada", "comment": "hi", "time_raw": None}


def test_the_seed_s_own_view_is_reported_and_left_alone(session: Any, keyspace: str) -> None:
    make_keyspace(session, keyspace, SEED_TABLE, SEED_VIEW)
    before = survey(session, keyspace)
    assert kinds(mend(session, before)) == [
        DriftKind.MISSING_COLUMN,
        DriftKind.WRONG_COMPACTION,
        DriftKind.WRONG_COMPACTION,
    ]
    after = survey(session, keyspace)
    # No time_raw. Its order is right without a word of ours: here a view takes its table's clustering order.
    assert kinds(after.differences) == [DriftKind.WRONG_PROJECTION]
    assert not after.in_sync


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (
            "CREATE TABLE {0}.chat_by_room (chat_room text, time_us bigint, name text, comment text, "
            "time_raw text, PRIMARY KEY ((chat_room), time_us, name)) "
            "WITH compaction = {{'class': 'TimeWindowCompactionStrategy', "
            "'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}}",
            DriftKind.WRONG_KEY,
        ),
        (
            "CREATE TABLE {0}.chat_by_room (chat_room text, time_us bigint, name text, comment blob, "
            "time_raw text, PRIMARY KEY ((chat_room), time_us, name)) "
            "WITH CLUSTERING ORDER BY (time_us DESC, name ASC) "
            "AND compaction = {{'class': 'TimeWindowCompactionStrategy', "
            "'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}}",
            DriftKind.WRONG_TYPE,
        ),
    ],
    ids=["order of the key", "type"],
)
def test_what_would_need_a_rebuild_is_reported_and_left_alone(
    session: Any, keyspace: str, table: str, kind: DriftKind
) -> None:
    make_keyspace(session, keyspace, table)
    before = survey(session, keyspace, user_view=False)
    assert kinds(before.differences) == [kind]
    assert mend(session, before) == []
    assert survey(session, keyspace, user_view=False).differences == before.differences


def test_a_replication_that_is_not_the_setting_s_is_left_alone(session: Any, keyspace: str) -> None:
    make_keyspace(session, keyspace)
    assert survey(session, keyspace, replication="1").notes == (
        f"keyspace {keyspace}: replication 1, from SCYLLA_REPLICATION",
    )
    before = survey(session, keyspace, replication="2")
    assert kinds(before.differences)[0] is DriftKind.WRONG_REPLICATION
    mend(session, before)
    assert kinds(survey(session, keyspace, replication="2").differences) == [DriftKind.WRONG_REPLICATION]


def test_a_statement_the_engine_refuses_names_itself_and_ends_the_run(session: Any, keyspace: str) -> None:
    make_keyspace(session, keyspace)
    table, view = survey(session, keyspace).differences
    done: list[Difference] = []
    with pytest.raises(StoreRefused, match=rf"CREATE MATERIALIZED VIEW IF NOT EXISTS {keyspace}\.chat_by_user"):
        cql.mend(session, [view, table], done=done.append)
    assert done == []
    cql.mend(session, [table, view], done=done.append)
    assert done == [table, view]
