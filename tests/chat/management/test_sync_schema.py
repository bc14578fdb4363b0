"""`manage.py sync_schema`: makes what is missing, reports the rest, and leaves everything else alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from chat.schema.tables import wanted_tables
from tests.chat.management.conftest import Names, Outcome

Run = Callable[..., Outcome]
NOTHING_THERE = ["missing_keyspace", "missing_table", "missing_view", "missing_table"]


def kinds(outcome: Outcome) -> list[str]:
    return [difference["kind"] for difference in outcome.json["differences"]]


def closed_port() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return str(closed.getsockname()[1])


def is_there(session: Any, client: Any, names: Names) -> tuple[bool, bool]:
    keyspaces = session.execute("SELECT keyspace_name FROM system_schema.keyspaces")
    tables = client.list_tables()["TableNames"]
    return names.keyspace in {row["keyspace_name"] for row in keyspaces}, names.table in tables


def test_both_stores_are_made_and_a_second_run_changes_nothing(
    run: Run, session: Any, client: Any, names: Names
) -> None:
    first = run("sync_schema", "--json")
    assert first.code == 0
    assert first.json["in_sync"]
    assert [change["kind"] for change in first.json["changed"]] == NOTHING_THERE
    assert is_there(session, client, names) == (True, True)

    second = run("sync_schema", "--json")
    assert (second.code, second.json["changed"], second.json["differences"]) == (0, [], [])


def test_the_output_says_how_the_keyspace_is_replicated(run: Run, names: Names) -> None:
    made = run("sync_schema", "--only", "scylla")
    assert f"keyspace {names.keyspace}: replication datacenter1:1 (nodes there: 1" in made.out
    assert f"ran: CREATE KEYSPACE IF NOT EXISTS {names.keyspace} WITH replication" in made.out


def test_check_reports_each_difference_and_changes_nothing(run: Run, session: Any, client: Any, names: Names) -> None:
    check = run("sync_schema", "--check", "--json")
    assert (check.code, kinds(check), check.json["changed"]) == (1, NOTHING_THERE, [])
    assert not check.json["in_sync"]
    assert is_there(session, client, names) == (False, False)

    run("sync_schema")
    assert run("sync_schema", "--check").code == 0


def test_a_dry_run_prints_exactly_what_the_real_run_then_sends(
    run: Run, session: Any, client: Any, names: Names
) -> None:
    dry = run("sync_schema", "--dry-run")
    assert dry.code == 0
    assert is_there(session, client, names) == (False, False)
    promised = [line.split(": ", 1)[1] for line in dry.out.splitlines() if line.startswith("would run: ")]

    real = run("sync_schema")
    sent = [line.split(": ", 1)[1] for line in real.out.splitlines() if line.startswith("ran: ")]
    assert promised == sent
    assert len(sent) == 4


def test_one_store_can_be_named(run: Run, session: Any, client: Any, names: Names) -> None:
    assert run("sync_schema", "--only", "dynamodb").code == 0
    assert is_there(session, client, names) == (False, True)
    assert kinds(run("sync_schema", "--check", "--only", "scylla", "--json")) == NOTHING_THERE[:3]


def test_what_it_may_not_mend_is_refused_in_every_mode(run: Run, client: Any, names: Names) -> None:
    client.create_table(
        TableName=names.table,
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for mode in ([], ["--check"], ["--dry-run"]):
        outcome = run("sync_schema", "--only", "dynamodb", *mode)
        assert outcome.code == 1
        assert f"the key of {names.table} is (name), not (name, time): " in outcome.out
    key = client.describe_table(TableName=names.table)["Table"]["KeySchema"]
    assert key == [{"AttributeName": "name", "KeyType": "HASH"}]


def test_what_ran_before_a_statement_failed_is_said(run: Run, session: Any, names: Names) -> None:
    replication = "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {names.keyspace} WITH replication = {replication}", timeout=60)
    # Without a column `name` no view of ours can be made of it.
    session.execute(
        f"CREATE TABLE {names.keyspace}.chat_by_room (chat_room text, time_us bigint, comment text, "
        "time_raw text, PRIMARY KEY ((chat_room), time_us)) WITH CLUSTERING ORDER BY (time_us DESC)",
        timeout=60,
    )
    outcome = run("sync_schema", "--only", "scylla")
    assert outcome.code == 1
    assert outcome.out.startswith(f"ran: ALTER TABLE {names.keyspace}.chat_by_room WITH compaction = ")
    assert f"in the statement: CREATE MATERIALIZED VIEW IF NOT EXISTS {names.keyspace}" in outcome.error


def test_an_index_that_is_not_built_in_time_is_still_waited_for(run: Run, client: Any, names: Names) -> None:
    client.create_table(
        TableName=names.table,
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("name", "time")],
        BillingMode="PAY_PER_REQUEST",
    )
    # DynamoDB Local takes about half a second to build one.
    waiting = run("sync_schema", "--only", "dynamodb", "--wait", "0")
    assert waiting.code == 4
    assert "the index chat_room_time_idx is CREATING after 0 s; run this again" in waiting.error
    assert run("sync_schema", "--only", "dynamodb").code == 0


def test_an_unknown_column_is_shown_and_fails_nothing(run: Run, session: Any, names: Names) -> None:
    run("sync_schema", "--only", "scylla")
    session.execute(f"ALTER TABLE {names.keyspace}.chat_by_room ADD edited_us bigint", timeout=60)
    check = run("sync_schema", "--check", "--only", "scylla", "--json")
    assert (check.code, kinds(check), check.json["in_sync"]) == (0, ["unknown_column"], True)


def test_an_engine_that_is_down_is_named_with_its_address_and_leaves_the_other_untouched(
    run: Run, session: Any, client: Any, names: Names, settings: Any
) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}"
    settings.ENV = settings.ENV.model_copy(update={"dynamodb_endpoint_url": nowhere})
    outcome = run("sync_schema")
    assert outcome.code == 3
    assert f"dynamodb cannot be reached at {nowhere}" in outcome.error
    assert "python -m devstack up" in outcome.error
    assert is_there(session, client, names) == (False, False)


def test_a_cluster_that_is_down_is_named_with_its_address_and_leaves_the_other_untouched(
    manage: Run, session: Any, client: Any, names: Names
) -> None:
    port = closed_port()
    outcome = manage("sync_schema", SCYLLA_PORT=port)
    assert outcome.code == 3
    assert f"scylla cannot be reached at 127.0.0.1 port {port}" in outcome.error
    assert "python -m devstack up" in outcome.error
    assert is_there(session, client, names) == (False, False)


def test_help_has_an_example_and_needs_no_engine(manage: Run) -> None:
    down = closed_port()
    outcome = manage("sync_schema", "--help", SCYLLA_PORT=down, DYNAMODB_ENDPOINT_URL=f"http://127.0.0.1:{down}")
    assert outcome.code == 0
    assert "manage.py sync_schema --check --only scylla" in outcome.out


def test_an_option_that_does_not_exist_is_a_usage_error(run: Run) -> None:
    assert run("sync_schema", "--drop").code == 2


def test_sync_cassandra_makes_the_same_table(manage: Run, run: Run, session: Any, names: Names) -> None:
    """django-cassandra-engine's own command, on the same models; it knows no views."""
    other = f"{names.keyspace}_dce"
    run("sync_schema", "--only", "scylla")
    try:
        outcome = manage("sync_cassandra", KEYSPACE=other)
        assert (outcome.code, outcome.error) == (0, "")
        ours, theirs = (schema_of(session, keyspace) for keyspace in (names.keyspace, other))
        assert theirs == ours
        assert theirs[0]["table_name"] == "chat_by_room"
        assert len(theirs) == 1 + len(wanted_tables(user_view=False)[0].columns)
        # And each leaves the other's work as it is.
        assert kinds(manage("sync_schema", "--check", "--json", "--only", "scylla", KEYSPACE=other)) == ["missing_view"]
        assert manage("sync_cassandra").code == 0
        assert run("sync_schema", "--check", "--only", "scylla").code == 0
    finally:
        session.execute(f"DROP KEYSPACE IF EXISTS {other}", timeout=60)


def schema_of(session: Any, keyspace: str) -> list[dict[str, Any]]:
    """The table and its columns as the engine keeps them, without what is never the same twice."""
    own = {"keyspace_name", "id", "column_name_bytes"}
    found = []
    for what in ("tables", "columns"):
        query = f"SELECT * FROM system_schema.{what} WHERE keyspace_name = %s AND table_name = 'chat_by_room'"
        found += [
            {name: value for name, value in row.items() if name not in own}
            for row in session.execute(query, [keyspace])
        ]
    return found
