from collections.abc import Iterator

import pytest

from migration.rehearsal.checker.addresses import read_cql_address
from migration.rehearsal.checker.cql import FIRST_TOKEN, LAST_TOKEN, CqlTable, token_ranges
from migration.rehearsal.checker.rows import Key, Row, Stored
from tests.migration.rehearsal.stores import RealStores


@pytest.fixture
def table(stores: RealStores) -> Iterator[CqlTable]:
    with CqlTable(read_cql_address(stores.environ)) as table:
        yield table


def test_the_ranges_cover_the_ring_without_overlap() -> None:
    ranges = list(token_ranges())

    assert (ranges[0][0], ranges[-1][1]) == (FIRST_TOKEN, LAST_TOKEN)
    assert [first for first, _ in ranges[1:]] == [last for _, last in ranges[:-1]]


def test_reads_every_room_wherever_its_token_lies(stores: RealStores, table: CqlTable) -> None:
    for number in range(60):
        stores.put_row(f"room {number}", 1_500_000, f"name {number}", "x")
    rooms = {stored.row.room for stored in _all(table) if stored.row}

    assert rooms == {f"room {number}" for number in range(60)}


def test_reads_a_room_past_the_first_page(stores: RealStores, table: CqlTable) -> None:
    # The driver asks for 5,000 rows a page.
    statement = stores.session.prepare(
        f"INSERT INTO {stores.keyspace}.chat_by_room (chat_room, time_us, name, comment) VALUES (?, ?, ?, ?)"
    )
    pending = [stores.session.execute_async(statement, ("chat", time, "a", "")) for time in range(5_200)]
    for write in pending:
        write.result()

    assert len(list(_all(table))) == 5_200


@pytest.mark.parametrize(
    ("time_us", "time_raw", "text"),
    [
        (1_500_000, None, "1.5"),
        (1_500_000, "1.50", "1.50"),
        (1_000_000, "1", "1"),
        (1_500_000, "1.5", "1.5 with time_raw '1.5'"),
        (1_500_000, "1.6", "1.5 with time_raw '1.6'"),
        (1_500_000, "x", "1.5 with time_raw 'x'"),
    ],
)
def test_a_row_answers_with_its_own_spelling_if_it_is_one(
    stores: RealStores, table: CqlTable, time_us: int, time_raw: str | None, text: str
) -> None:
    stores.put_row("chat", time_us, "ada", "x", time_raw)

    assert [stored.key for stored in _all(table)] == [Key("ada", text)]


@pytest.mark.parametrize(("time", "time_raw"), [("1.5", None), ("1.50", "1.50")])
def test_puts_and_deletes_a_row(stores: RealStores, table: CqlTable, time: str, time_raw: str | None) -> None:
    table.put(Row("chat", "ada", time, "🦊"))
    assert stores.rows() == [("chat", 1_500_000, "ada", "🦊", time_raw)]
    table.delete(Row("chat", "ada", time, "🦊"))
    assert stores.rows() == []


def _all(table: CqlTable) -> Iterator[Stored]:
    return (stored for entries in table.image().entries.values() for stored in entries)
