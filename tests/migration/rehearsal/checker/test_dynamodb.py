from migration.rehearsal.checker.addresses import DynamoAddress
from migration.rehearsal.checker.dynamodb import DynamoTable
from migration.rehearsal.checker.rows import Key, Row
from tests.migration.rehearsal.finished_run import plain_item
from tests.migration.rehearsal.stores import RealStores


def table(stores: RealStores) -> DynamoTable:
    return DynamoTable(DynamoAddress(stores.environ["DYNAMODB_ENDPOINT_URL"], stores.table))


def test_reads_past_the_first_page(stores: RealStores) -> None:
    # A page of a scan ends at 1 MB, so five items of 300 KB are two pages at least.
    for number in range(5):
        stores.put_item(plain_item("chat", f"name {number}", "1.5", "x" * 300_000))
    first = stores.dynamodb.scan(TableName=stores.table)

    assert "LastEvaluatedKey" in first
    assert set(table(stores).image().entries) == {Key(f"name {number}", "1.5") for number in range(5)}


def test_reads_plain_comments_as_rows_and_others_as_keys(stores: RealStores) -> None:
    stores.put_item(plain_item("chat", "ada", "1.5", "🦊\n"))
    stores.put_item({**plain_item("chat", "ada", "2.5", "x"), "tags": {"SS": ["b", "a"]}})
    entries = table(stores).image().entries

    assert [stored.row for stored in entries[Key("ada", "1.5")]] == [Row("chat", "ada", "1.5", "🦊\n")]
    assert [stored.row for stored in entries[Key("ada", "2.5")]] == [None]


def test_puts_and_deletes_a_row(stores: RealStores) -> None:
    row = Row("chat", "ada", "1.5", "")
    table(stores).put(row)
    assert stores.get_item("ada", "1.5") == plain_item("chat", "ada", "1.5", "")
    table(stores).delete(row)
    assert stores.get_item("ada", "1.5") is None
