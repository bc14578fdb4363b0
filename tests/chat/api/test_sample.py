"""The sample's paths answer as the sample's clients know them."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.http import HttpResponseBase
from django.test import Client

from chat.data import Comment
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import Limit, body_of

POST = "/chat/comments/add"
LATEST = "/chat/comments/latest"
ALL = "/chat/comments/all"
T0 = 1_700_000_000_000_000


def keep(store: MemoryStore, *comments: Comment) -> None:
    store.upsert_many(list(comments))


def said(time_us: int, name: str = "ann", text: str = "hi", room: str = "chat") -> Comment:
    return Comment(room=room, name=name, time_us=time_us, text=text)


def entries(response: HttpResponseBase) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads(body_of(response))["response"]
    return listed


def test_post_answers_in_the_samples_spelling_and_keeps_the_comment(api: Client, memory: MemoryStore) -> None:
    body = {"name": "oranie", "comment": "test done"}
    answer = api.post(POST, body, content_type="application/json").json()
    assert answer["state"] == "Commment add OK"
    assert set(answer) == {"state", "time"}
    kept = memory.get("chat", "oranie", answer["time"])
    assert kept is not None
    assert (kept.text, kept.time, kept.room) == ("test done", answer["time"], "chat")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""])
def test_post_reads_json_whatever_the_content_type(api: Client, content_type: str) -> None:
    response = api.generic("POST", POST, b'{"name": "ann", "comment": "hi"}', content_type=content_type)
    assert (response.status_code, response.json()["state"]) == (200, "Commment add OK")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ann", ""),
        (" ", "a name of only blanks"),
        ("n" * 256, "x" * 16384),
        ("名" * 256, "あ" * 5461),
        ("😀", 'line\nbreak\t"quotes" \\ </script> \u2028'),
    ],
)
def test_post_keeps_every_text_within_the_limits_as_it_was(
    api: Client, memory: MemoryStore, name: str, text: str
) -> None:
    answer = api.post(POST, {"name": name, "comment": text}, content_type="application/json").json()
    kept = memory.get("chat", name, answer["time"])
    assert kept is not None
    assert kept.text == text


def test_post_ignores_members_it_does_not_know_as_the_sample_does(api: Client, memory: MemoryStore) -> None:
    body = b'{"name": "ann", "comment": "hi", "chat_room": "other", "time": 5, "more": [{"a": null}]}'
    # With a byte order mark, which the sample's parser skips.
    assert api.generic("POST", POST, b"\xef\xbb\xbf" + body).status_code == 200
    assert [comment.room for comment in memory.latest("chat", 5)] == ["chat"]
    assert memory.latest("other", 5) == ()


def test_a_list_entry_has_exactly_the_samples_members(api: Client, memory: MemoryStore) -> None:
    keep(memory, Comment(room="chat", name="ann", time_us=T0, text="é", time_raw="1700000000"))
    expected = [{"name": "ann", "time": "1700000000", "comment": "é", "chat_room": "chat"}]
    for path in (LATEST, ALL, f"{LATEST}/1111"):
        assert entries(api.get(path)) == expected


def test_latest_gives_the_twenty_newest_of_the_samples_room(api: Client, memory: MemoryStore) -> None:
    keep(memory, *(said(T0 + second * 1_000_000) for second in range(25)), said(T0, room="other"))
    times = [entry["time"] for entry in entries(api.get(LATEST))]
    assert times == [f"{1_700_000_000 + second}.0" for second in range(24, 4, -1)]


def test_all_gives_everything_newest_first_with_ties_by_name(api: Client, memory: MemoryStore) -> None:
    keep(memory, said(T0, "bob"), said(T0, "ann"), *(said(T0 + number, "cid") for number in range(1, 1200)))
    found = entries(api.get(ALL))
    assert len(found) == 1201
    assert [entry["name"] for entry in found[-3:]] == ["cid", "ann", "bob"]
    assert found[0]["time"] == "1700000000.001199"


@pytest.mark.parametrize(
    ("position", "seconds"),
    [
        ("1700000001.0", [2]),
        ("1700000001", [2, 1]),
        ("1111", [2, 1, 0]),
        ("9", []),
        ("1700000001.0/x", [2]),
        ("..", [2, 1, 0]),
        ("a b", []),
        ("時", []),
        ("1700000001\n", [2, 1]),
        ("%zz", [2, 1, 0]),
        ("%FF", [2, 1, 0]),
        ("9" * 1024, []),
        ("時" * 341, []),
    ],
)
def test_a_position_is_compared_as_text(api: Client, memory: MemoryStore, position: str, seconds: list[int]) -> None:
    keep(memory, *(said(T0 + second * 1_000_000) for second in range(3)))
    response = api.get(f"{LATEST}/{quote(position, safe='')}")
    assert response.status_code == 200
    assert [entry["time"] for entry in entries(response)] == [f"170000000{second}.0" for second in seconds]


@pytest.mark.parametrize("path", [LATEST, ALL, f"{LATEST}/1111"])
def test_an_empty_room_is_an_empty_list(api: Client, path: str) -> None:
    assert body_of(api.get(path)) == b'{"response":[]}'


@pytest.mark.parametrize("path", [LATEST, ALL])
def test_a_trailing_slash_is_forgiven_as_by_the_samples_gateway(api: Client, path: str) -> None:
    assert api.get(f"{path}/").json() == {"response": []}


def test_the_status_says_the_samples_words_and_writes_nothing(api: Client, memory: MemoryStore) -> None:
    response = api.get("/")
    assert (response.status_code, response.json()) == (200, {"status": "server status is good!"})
    assert list(memory.rooms()) == []


@pytest.mark.parametrize("path", ["/", LATEST, ALL, f"{LATEST}/1111"])
def test_head_answers_like_get_without_a_body(api: Client, memory: MemoryStore, path: str) -> None:
    keep(memory, said(T0))
    get, head = api.get(path), api.head(path)
    assert (head.status_code, body_of(head)) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_debug_headers_name_the_store_and_the_epoch_only_where_asked_for(api: Client, limits: Limit) -> None:
    body = {"name": "ann", "comment": "hi"}
    assert "X-Chat-Store" not in api.get(LATEST).headers
    limits(chat_debug_headers=True)
    answers = [api.get(path) for path in (LATEST, ALL, f"{LATEST}/9")]
    answers.append(api.post(POST, body, content_type="application/json"))
    named = [(answer.headers["X-Chat-Store"], answer.headers["X-Chat-Epoch"]) for answer in answers]
    assert named == [("memory", "0")] * 4
