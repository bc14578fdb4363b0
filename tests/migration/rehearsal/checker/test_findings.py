from migration.rehearsal.checker.findings import Findings
from migration.rehearsal.checker.trafficlog import Post


def post(id: str) -> Post:
    return Post(id=id, name="ana", comment="x", began=1.0, answered=2.0, status=200, time="1.5")


def test_a_post_lost_from_two_stores_is_one_loss_with_two_reasons() -> None:
    findings = Findings()
    findings.lose(post("a"), "is absent from scylla")
    findings.lose(post("a"), "is absent from dynamodb")

    assert findings.lost == {"a"}
    assert findings.reasons() == [
        'lost: ("ana", 1.5) is absent from scylla',
        'lost: ("ana", 1.5) is absent from dynamodb',
    ]


def test_twenty_offences_of_a_kind_are_named_and_all_are_counted() -> None:
    findings = Findings()
    for number in range(23):
        findings.offend("unexplained", f"row {number}")
    findings.offend("traffic", "too little")

    reasons = findings.reasons()
    assert reasons[:20] == [f"unexplained: row {number}" for number in range(20)]
    assert reasons[20:] == ["unexplained: 23 in all, 3 not named here", "traffic: too little"]
