import json

import pytest

from migration.rehearsal.traffic.listing import ListingInvalid, Shown, read_listing


def body(*keys: tuple[str, str]) -> bytes:
    items = [{"name": name, "time": time, "comment": "", "chat_room": "chat"} for name, time in keys]
    return json.dumps({"response": items}).encode()


def test_a_good_list_is_newest_first_with_ties_by_name() -> None:
    keys = [("b", "1700000002.0"), ("a", "1700000001.5"), ("b", "1700000001.5"), ("a", "1700000001.25")]

    assert read_listing(body(*keys)) == [Shown(name, time) for name, time in keys]


@pytest.mark.parametrize(
    ("keys", "offence"),
    [
        (
            [("a", "1700000001.0"), ("a", "1700000002.0")],
            "'a' at 1700000001.0 is listed before 'a' at 1700000002.0",
        ),
        ([("b", "1700000001.0"), ("a", "1700000001.0")], "'b' at 1700000001.0 is listed before 'a'"),
        ([("a", "1700000001.0"), ("a", "1700000001.0")], "'a' at 1700000001.0 is listed twice"),
        (
            [("a", "1700000001.0"), ("x", "test_time"), ("b", "1700000002.0")],
            "listed before 'b' at 1700000002.0",
        ),
    ],
)
def test_names_what_is_out_of_order_or_twice(keys: list[tuple[str, str]], offence: str) -> None:
    with pytest.raises(ListingInvalid, match=offence):
        read_listing(body(*keys))


def test_times_the_api_never_issues_may_stand_anywhere() -> None:
    # On DynamoDB they stand where their text sorts, on CQL where their number does (protocol C4).
    keys = [
        ("x", "test_time"),
        ("a", "999"),
        ("a", "1700000001.0"),
        ("b", "1700000001.50"),
        ("c", "1700000001"),
    ]

    assert len(read_listing(body(*keys))) == 5


def test_a_time_that_stands_elsewhere_on_the_other_store_may_be_listed_twice() -> None:
    # A list that runs over a flip: its first page from DynamoDB, its last from CQL (protocol C4).
    keys = [("a", "999999999.5"), ("b", "1700000001.0"), ("a", "999999999.5")]

    assert len(read_listing(body(*keys))) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"response": [',
        b"[]",
        b'{"comments": []}',
        b'{"response": null}',
        b'{"response": [{"name": "a"}]}',
        b'{"response": [{"name": "a", "time": 1, "comment": "", "chat_room": "chat"}]}',
        b'{"response": [{"name": "a", "time": "1", "comment": "", "chat_room": "lobby"}]}',
        b'{"response": [{"name": "a", "time": "1", "chat_room": "chat"}]}',
    ],
)
def test_what_is_not_a_complete_list_of_the_room_is_refused(content: bytes) -> None:
    with pytest.raises(ListingInvalid, match="not the JSON of a list of comments"):
        read_listing(content)
