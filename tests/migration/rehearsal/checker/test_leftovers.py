from migration.rehearsal.checker.claims import Account
from migration.rehearsal.checker.findings import Findings
from migration.rehearsal.checker.leftovers import Explainer
from migration.rehearsal.checker.rows import Image, Row, stored_row
from migration.rehearsal.checker.survey import Survey
from migration.rehearsal.checker.trafficlog import Post


def unanswered(id: str, comment: str) -> Post:
    return Post(id=id, name="ana", comment=comment, began=1.0)


def acknowledged(id: str, comment: str) -> Post:
    return Post(id=id, name="ana", comment=comment, began=1.0, answered=2.0, status=200, time="1.5")


def judge(posts: list[Post], **stores: list[Row]) -> Findings:
    findings, explainer = Findings(), Explainer.of(posts, Survey(entries=()))
    for store, rows in stores.items():
        explainer.judge(Account(Image(store).add(stored_row(row) for row in rows)), findings)
    return findings


def row(time: str, comment: str, room: str = "chat") -> Row:
    return Row(room, "ana", time, comment)


def test_a_post_of_unknown_outcome_may_be_absent_or_there_once() -> None:
    posts = [unanswered("a", "text a"), unanswered("b", "text b")]

    assert judge(posts, scylla=[row("5.5", "text a")], dynamodb=[row("5.5", "text a")]).offences == {}
    assert judge(posts, scylla=[], dynamodb=[row("5.5", "text a")]).offences == {}


def test_a_post_of_unknown_outcome_must_not_be_there_twice() -> None:
    findings = judge([unanswered("a", "text a")], scylla=[row("5.5", "text a"), row("6.5", "text a")])

    assert findings.duplicated == {"a"}
    assert findings.reasons() == ['duplicated: ("ana", 6.5) in scylla, another row of a post that had no 200']


def test_a_post_of_unknown_outcome_has_one_key_in_both_stores() -> None:
    findings = judge([unanswered("a", "text a")], scylla=[row("5.5", "text a")], dynamodb=[row("6.5", "text a")])

    assert findings.reasons() == [
        'duplicated: ("ana", 6.5) in dynamodb, and ("ana", 5.5) in the other store: one post, two keys'
    ]


def test_empty_posts_of_unknown_outcome_are_told_apart_by_their_keys() -> None:
    posts = [unanswered("a", ""), unanswered("b", "")]
    both = [row("5.5", ""), row("6.5", "")]

    assert judge(posts, scylla=both, dynamodb=both[::-1]).offences == {}
    assert judge(posts, scylla=[*both, row("7.5", "")]).duplicated == {"a"}


def test_a_post_of_unknown_outcome_in_another_room_is_an_offence() -> None:
    assert judge([unanswered("a", "text a")], scylla=[row("5.5", "text a", room="lobby")]).duplicated == {"a"}


def test_an_acknowledged_text_under_a_second_key_is_doubled() -> None:
    findings = judge([acknowledged("a", "text a")], scylla=[row("6.5", "text a", room="lobby")])

    assert findings.duplicated == {"a"}
    assert findings.reasons() == ['duplicated: ("ana", 1.5) is in scylla again, at ("ana", 6.5) in room \'lobby\'']


def test_an_empty_text_explains_no_row_but_its_own() -> None:
    assert judge([acknowledged("a", "")], scylla=[row("6.5", "")]).reasons() == [
        "unexplained: (\"ana\", 6.5) in scylla room 'chat': not surveyed, not posted"
    ]
