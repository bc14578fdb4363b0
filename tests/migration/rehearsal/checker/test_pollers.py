import json
from pathlib import Path

import pytest

from migration.rehearsal.checker.errors import EvidenceInvalid
from migration.rehearsal.checker.pollers import Missed, find_missed, load_moves_begin
from migration.rehearsal.checker.trafficlog import Post, load_traffic_log
from tests.migration.rehearsal.checker.records import EPOCH, Record, canonical_text, poller, posted

POSTS = [record for number in range(10) for record in posted(f"p{number}", at=number)]


def missed(tmp_path: Path, *pollers: list[Record], moves_begin: float | None = None) -> Missed:
    path = tmp_path / "log"
    records = [*POSTS, *(record for poller in pollers for record in poller)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return find_missed(load_traffic_log(path), moves_begin=moves_begin)


def all_but(*numbers: int) -> list[list[str]]:
    return [["ana", canonical_text(number)] for number in range(10) if number not in numbers]


def ids(posts: list[Post] | None) -> list[str] | None:
    return None if posts is None else [post.id for post in posts]


def test_what_any_poller_of_the_kind_never_showed_is_missed_once(tmp_path: Path) -> None:
    found = missed(
        tmp_path,
        poller("v1-0", "v1", first=-1, last_began=60, shown=all_but(3, 4)),
        poller("v1-1", "v1", first=-1, last_began=60, shown=all_but(4)),
        poller("legacy-0", "legacy", first=-1, last_began=60, shown=all_but()),
    )

    assert (ids(found.v1), ids(found.legacy), found.baseline) == (["p3", "p4"], [], None)


def test_only_what_a_poller_had_its_chance_to_show_can_be_missed(tmp_path: Path) -> None:
    # It began after p4 and asked last at 9.5 s: what was acknowledged less than 2 s before that is left open.
    found = missed(tmp_path, poller("v1-0", "v1", first=4.5, last_began=9.5, shown=[]))

    assert ids(found.v1) == ["p5", "p6", "p7"]


def test_the_baseline_is_the_legacy_way_before_the_moves(tmp_path: Path) -> None:
    legacy = poller("legacy-0", "legacy", first=-1, last_began=60, shown=all_but(1, 2, 7))
    found = missed(tmp_path, legacy, moves_begin=EPOCH + 5)

    assert (ids(found.baseline), ids(found.legacy), found.v1) == (["p1", "p2"], ["p7"], None)


def test_a_poller_that_was_never_answered_proves_nothing(tmp_path: Path) -> None:
    [start, _read] = poller("v1-0", "v1", first=-1, last_began=60, shown=[])

    assert missed(tmp_path, [start]).v1 is None


def test_the_first_mark_of_the_moves_counts(tmp_path: Path) -> None:
    path = tmp_path / "marks"
    marks = [
        {"at": 1, "name": "seeded"},
        {"at": 2.5, "name": "moves-begin"},
        {"at": 9, "name": "moves-begin"},
    ]
    path.write_text("".join(json.dumps(mark) + "\n" for mark in marks))

    assert load_moves_begin(path) == 2.5
    assert load_moves_begin(None) is None


@pytest.mark.parametrize("mark", ['{"name": "moves-begin"}', '{"name": "moves-begin", "at": "noon"}'])
def test_a_mark_without_a_time_is_refused(tmp_path: Path, mark: str) -> None:
    (tmp_path / "marks").write_text(mark + "\n")

    with pytest.raises(EvidenceInvalid, match="has no time"):
        load_moves_begin(tmp_path / "marks")
