"""The sample's clients keep working on every backend: its four tests, anew, on real servers and engines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests import engines
from tests.serving import WebServer, serving

Found = dict[str, str] | None
Look = Callable[[str, str], Found]


@dataclass(frozen=True)
class Service:
    """A running service, and a way past it to find a comment by (name, time) in each store it writes."""

    server: WebServer
    answering: str
    stores: tuple[Look, ...]

    def get(self, path: str) -> tuple[int, dict[str, str], Any]:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], Any]:
        connection = self.server.connect()
        connection.request(method, path, body=body, headers={"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), json.loads(response.read())

    def post(self, name: str, comment: str) -> dict[str, str]:
        body = json.dumps({"name": name, "comment": comment}).encode()
        status, _, answer = self.ask("POST", "/chat/comments/add", body)
        assert status == 200
        said: dict[str, str] = answer
        return said


def in_dynamodb(table: str) -> Look:
    def look(name: str, time: str) -> Found:
        key = {"name": {"S": name}, "time": {"S": time}}
        item = engines.dynamodb_client().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return item and {attribute: value["S"] for attribute, value in item.items()}

    return look


def in_cql(session: Any, keyspace: str) -> Look:
    select = f"SELECT chat_room, name, time_us, comment, time_raw FROM {keyspace}.chat_by_room"

    def look(name: str, time: str) -> Found:
        key = ("chat", int(Decimal(time) * 1_000_000), name)
        row = session.execute(f"{select} WHERE chat_room = %s AND time_us = %s AND name = %s", key).one()
        if row is None:
            return None
        assert row["time_raw"] is None
        return {"chat_room": row["chat_room"], "name": row["name"], "time": time, "comment": row["comment"]}

    return look


@pytest.fixture(scope="module", params=["dynamodb", "scylla", "dual"])
def service(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    dynamodb_table: str,
    keyspace: str,
    cql_session: Any,
) -> Iterator[Service]:
    looks = {
        "dynamodb": (in_dynamodb(dynamodb_table),),
        "scylla": (in_cql(cql_session, keyspace),),
        "dual": (in_dynamodb(dynamodb_table), in_cql(cql_session, keyspace)),
    }
    env = {
        "DB_BACKEND": request.param,
        "DYNAMODB_TABLE": dynamodb_table,
        "KEYSPACE": keyspace,
        "CHAT_DEBUG_HEADERS": "true",
        # The machine may be busy with other tests; deadlines are not the matter here.
        "REQUEST_TIMEOUT_SECONDS": "15",
        "MIRROR_TIMEOUT_SECONDS": "15",
    }
    directory = tmp_path_factory.mktemp(request.param)
    with serving("chatproject.wsgi:application", directory=directory, env=env, workers=2) as server:
        answering = "scylla-room" if request.param == "scylla" else "dynamodb"
        yield Service(server=server, answering=answering, stores=looks[request.param])
        assert "request_failed" not in server.log.read_text()
        assert "mirror_failed" not in server.log.read_text()


@pytest.mark.parametrize("path", ["all", "latest", "latest/1111"])
def test_a_list_is_a_response(service: Service, path: str) -> None:
    status, headers, body = service.get(f"/chat/comments/{path}")
    assert status == 200
    assert list(body) == ["response"]
    assert headers["access-control-allow-origin"] == "*"
    assert (headers["x-chat-store"], headers["x-chat-epoch"]) == (service.answering, "0")


def test_a_comment_added_is_in_every_store_the_backend_writes(service: Service) -> None:
    answer = service.post("oranie", "test done")
    assert answer["state"] == "Commment add OK"
    expected = {"chat_room": "chat", "name": "oranie", "time": answer["time"], "comment": "test done"}
    assert [look("oranie", answer["time"]) for look in service.stores] == [expected] * len(service.stores)


@pytest.mark.parametrize("text", ["", "チャットシステムです 😀", 'a\nb\t"c" \\ </script>', "x" * 16384])
def test_a_comment_added_is_read_back_as_it_was(service: Service, text: str) -> None:
    name = f"名-{uuid4().hex[:8]}"
    time = service.post(name, text)["time"]
    entry = {"name": name, "time": time, "comment": text, "chat_room": "chat"}
    for path in ("latest", "all", "latest/1111", f"latest/{quote(time[:10])}"):
        assert service.get(f"/chat/comments/{path}")[2]["response"].count(entry) == 1


def test_what_comes_after_a_position_is_newer_and_newest_first(service: Service) -> None:
    times = [service.post("ann", str(number))["time"] for number in range(5)]
    found = service.get(f"/chat/comments/latest/{times[1]}")[2]["response"]
    assert [entry["time"] for entry in found] == times[:1:-1]
    assert service.get(f"/chat/comments/latest/{times[-1]}")[2] == {"response": []}


def test_latest_is_the_beginning_of_all(service: Service) -> None:
    for number in range(21):
        service.post("ann", str(number))
    everything = service.get("/chat/comments/all")[2]["response"]
    assert service.get("/chat/comments/latest")[2]["response"] == everything[:20]
    assert [entry["time"] for entry in everything] == sorted((e["time"] for e in everything), reverse=True)


def test_positions_at_the_edge_are_answered_by_the_store(service: Service) -> None:
    longest = "9" * 1024
    for position in (longest, "..", "a%2Fb", "%E6%99%82", "%25FF", "-1", "%20", "0", "1e9"):
        assert service.get(f"/chat/comments/latest/{position}")[0] == 200
    for position in (longest + "9", "%00", "%ff"):
        assert service.get(f"/chat/comments/latest/{position}")[0] == 400


@pytest.mark.parametrize(
    "body", [b"{", b"{}", b'{"name": "\\ud800", "comment": ""}', b'{"name": "a\\u0000", "comment": ""}']
)
def test_bad_input_never_reaches_a_store(service: Service, body: bytes) -> None:
    before = service.get("/chat/comments/all")[2]
    assert service.ask("POST", "/chat/comments/add", body)[0] == 400
    assert service.get("/chat/comments/all")[2] == before


def test_the_service_is_ready(service: Service) -> None:
    assert service.get("/readyz")[2]["status"] == "ok"
    assert service.get("/")[2] == {"status": "server status is good!"}
