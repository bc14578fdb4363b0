import socket
import threading
from collections.abc import Iterator

import pytest

from migration.rehearsal.traffic.address import parse_address
from migration.rehearsal.traffic.client import Client
from tests.migration.rehearsal.chat_double import ChatDouble

POST = {"name": "Ana", "comment": "hello"}


@pytest.fixture
def client(double: ChatDouble) -> Iterator[Client]:
    client = Client(address=parse_address(double.url), timeout=5)
    yield client
    client.close()


def test_many_requests_share_one_connection(double: ChatDouble, client: Client) -> None:
    answers = [client.post("/chat/comments/add", POST) for _ in range(5)]

    assert [answer.status for answer in answers] == [200] * 5
    assert double.connections == 1


def test_an_answer_says_which_store_and_epoch_it_came_from(client: Client) -> None:
    answer = client.get("/chat/comments/latest")

    assert (answer.store, answer.epoch, answer.fault) == ("double", "7", None)


def test_a_dropped_post_is_reported_once_and_never_sent_again(double: ChatDouble, client: Client) -> None:
    double.trouble = lambda number: "drop after storing" if number == 2 else None

    answers = [client.post("/chat/comments/add", POST) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, None, 200]
    assert answers[1].fault is not None
    assert answers[1].fault.startswith("RemoteDisconnected")
    assert double.posts == 3


def test_a_status_other_than_200_is_a_fault(double: ChatDouble, client: Client) -> None:
    double.trouble = lambda _: "refuse"

    assert client.post("/chat/comments/add", POST).fault == "status 503"


def test_an_idle_connection_the_server_closed_is_replaced_before_sending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = threading.Event()
        thread = threading.Thread(target=_answer_once_per_connection, args=(server, closed))
        thread.start()
        client = Client(address=parse_address(f"http://127.0.0.1:{server.getsockname()[1]}"), timeout=5)

        first = client.get("/chat/comments/latest")
        assert closed.wait(5)
        second = client.get("/chat/comments/latest")
        client.close()
        thread.join()

    assert (first.fault, second.fault) == (None, None)


def test_a_body_cut_short_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_with_half_a_body, args=(server,))
        thread.start()
        client = Client(address=parse_address(f"http://127.0.0.1:{server.getsockname()[1]}"), timeout=5)
        answer = client.get("/chat/comments/all")
        thread.join()

    assert answer.status is None
    assert answer.error is not None
    assert answer.error.startswith("IncompleteRead")


def _answer_once_per_connection(server: socket.socket, closed: threading.Event) -> None:
    for _ in range(2):
        connection, _address = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        closed.set()


def _answer_with_half_a_body(server: socket.socket) -> None:
    connection, _address = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
