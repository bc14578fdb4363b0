import json
from pathlib import Path

import pytest

from migration.rehearsal.checker.errors import EvidenceInvalid
from migration.rehearsal.checker.rows import Key
from migration.rehearsal.checker.trafficlog import FailedRead, TrafficLog, load_traffic_log
from tests.migration.rehearsal.checker.records import END, EPOCH, Record, intent, outcome, poller, posted


def load(tmp_path: Path, *records: Record, tail: str = "") -> TrafficLog:
    path = tmp_path / "log"
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + tail)
    return load_traffic_log(path)


def test_a_post_is_acknowledged_only_by_a_200_with_a_time(tmp_path: Path) -> None:
    log = load(
        tmp_path,
        *posted("good", at=1),
        intent("refused", at=2),
        outcome("refused", at=2, status=503, error="status 503"),
        intent("no time", at=3),
        outcome("no time", at=3, error="the answer to a post names no time"),
        intent("unknown", at=4),
        END,
    )

    assert [post.id for post in log.acknowledged] == ["good"]
    assert [post.id for post in log.posts.values() if post.is_failed] == ["refused", "no time"]
    assert (log.posts["unknown"].answered, log.ended) == (None, True)
    assert (log.posts["good"].began, log.posts["good"].answered) == (EPOCH + 1, EPOCH + 1.01)


def test_a_poller_is_what_it_showed_and_when_it_last_asked(tmp_path: Path) -> None:
    log = load(tmp_path, *poller("v1-0", "v1", first=0, last_began=9, shown=[["ana", "1.5"], ["bo", "2.5"]]))

    found = log.pollers["v1-0"]
    assert (found.kind, found.first_position, found.last_began) == ("v1", "1790000000.0", EPOCH + 9)
    assert found.shown == {Key("ana", "1.5"), Key("bo", "2.5")}
    assert (log.reads, log.failed_reads, log.ended) == (1, [], False)


def test_a_failed_read_shows_nothing_and_proves_no_presence(tmp_path: Path) -> None:
    start, read = poller("v1-0", "v1", first=0, last_began=9, shown=[["ana", "1.5"]])
    log = load(tmp_path, start, {**read, "error": "status 503"})

    failed = FailedRead("v1-0 /chat/comments/latest/1: status 503", began=EPOCH + 9, answered=EPOCH + 9.01)
    assert log.failed_reads == [failed]
    assert (log.pollers["v1-0"].shown, log.pollers["v1-0"].last_began) == (set(), None)


def test_a_torn_last_line_was_never_durable(tmp_path: Path) -> None:
    log = load(tmp_path, *posted("a", at=1), tail='{"kind": "intent", "id": "b"')

    assert list(log.posts) == ["a"]


@pytest.mark.parametrize(
    "records",
    [
        [outcome("a", at=1, time="1.5")],
        [intent("a", at=1), intent("a", at=1)],
        [{"kind": "surprise"}],
        [{"kind": "intent", "id": "a"}],
        [{"id": "a"}],
    ],
    ids=["outcome without intent", "intent twice", "unknown kind", "fields missing", "no kind"],
)
def test_a_line_that_cannot_be_is_refused(tmp_path: Path, records: list[Record]) -> None:
    with pytest.raises(EvidenceInvalid, match="is not a line of a traffic log"):
        load(tmp_path, *records)


def test_a_line_that_is_not_json_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(EvidenceInvalid, match="log line 2 is not JSON"):
        load(tmp_path, END, tail="{\n")
