from migration.rehearsal.checker.drills import measure_drill
from migration.rehearsal.checker.findings import Findings
from migration.rehearsal.checker.trafficlog import FailedRead, Post, TrafficLog

DRILL = {"endpoint": "post_comment", "from": "cutover", "to": "dual", "seconds": 10.0, "began": 100.0, "ended": 110.0}


def post(id: str, *, began: float, answered: float | None, status: int = 200) -> Post:
    time = "1.5" if status == 200 else None
    return Post(id=id, name="ana", comment=id, began=began, answered=answered, status=status, time=time)


def measure(*posts: Post, reads: list[FailedRead] | None = None, lost: set[str] | None = None) -> dict[str, object]:
    log = TrafficLog(posts={post.id: post for post in posts}, failed_reads=reads or [])
    return measure_drill(DRILL, log, Findings(lost=lost or set()))


def test_counts_what_failed_while_the_drill_ran_and_nothing_beside_it() -> None:
    measured = measure(
        post("before", began=98.0, answered=99.9, status=503),
        post("into", began=98.0, answered=100.0, status=503),
        post("out of", began=110.0, answered=120.0, status=503),
        post("after", began=110.1, answered=110.2, status=503),
        post("good", began=105.0, answered=105.1),
        reads=[FailedRead("early", 90.0, 95.0), FailedRead("inside", 101.0, 102.0), FailedRead("late", 111.0, 112.0)],
    )

    assert (measured["failed"], measured["lost"]) == (3, 0)


def test_counts_lost_comments_posted_while_the_drill_ran() -> None:
    measured = measure(
        post("inside", began=105.0, answered=105.1),
        post("kept", began=106.0, answered=106.1),
        post("after", began=111.0, answered=111.1),
        lost={"inside", "after"},
    )

    assert (measured["failed"], measured["lost"]) == (0, 1)


def test_a_drill_is_reported_in_the_shape_of_the_contract() -> None:
    assert measure() == {
        "endpoint": "post_comment",
        "from": "cutover",
        "to": "dual",
        "seconds": 10.0,
        "failed": 0,
        "lost": 0,
    }
