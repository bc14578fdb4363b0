import pytest

from migration.rehearsal.checker.claims import Account, Terms, claim_posts
from migration.rehearsal.checker.findings import Findings
from migration.rehearsal.checker.rows import Image, Row, stored_row
from migration.rehearsal.checker.trafficlog import Post

TERMS = Terms(authority="scylla", mirrored_until=100.0, margin=5.0)


def post(time: str | None = "50.5") -> Post:
    return Post(id="p", name="ana", comment="text", began=1.0, answered=2.0, status=200, time=time)


def claim(store: str, *rows: Row, time: str = "50.5") -> Findings:
    findings = Findings()
    account = Account(Image(store).add(stored_row(row) for row in rows))
    claim_posts(account, [post(time)], TERMS, findings)
    return findings


@pytest.mark.parametrize(
    ("store", "time", "must", "must_not"),
    [
        ("scylla", "999.0", True, False),
        ("dynamodb", "94.9", True, False),
        ("dynamodb", "95.0", False, False),
        ("dynamodb", "105.0", False, False),
        ("dynamodb", "105.1", False, True),
        ("dynamodb", "garbage", True, False),
    ],
)
def test_the_other_store_is_held_to_what_was_posted_while_it_was_live(
    store: str, time: str, must: bool, must_not: bool
) -> None:
    assert (TERMS.must_hold(store, time), TERMS.must_not_hold(store, time)) == (must, must_not)


def test_without_an_end_of_mirroring_both_stores_hold_everything() -> None:
    terms = Terms(authority="dynamodb", mirrored_until=None, margin=5.0)

    assert terms.must_hold("scylla", "999.0")
    assert not terms.must_not_hold("scylla", "999.0")


def test_the_exact_row_is_claimed_once() -> None:
    row = Row("chat", "ana", "50.5", "text")
    account = Account(Image("scylla").add([stored_row(row), stored_row(row)]))
    findings = Findings()
    claim_posts(account, [post()], TERMS, findings)

    assert (findings.offences, [stored.row for stored in account.leftovers()]) == ({}, [row])


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (Row("chat", "ana", "50.5", "other"), "with a different text"),
        (Row("chat", "ana", "50.5", None), "without its text"),
        (Row("lobby", "ana", "50.5", "text"), "in room 'lobby' instead of 'chat'"),
    ],
)
def test_another_row_under_the_key_is_a_loss_that_says_what_differs(row: Row, what: str) -> None:
    findings = claim("scylla", row)

    assert (findings.lost, findings.reasons()) == ({"p"}, [f'lost: ("ana", 50.5) is in scylla {what}'])


def test_a_wrong_text_in_the_other_store_is_a_loss_even_where_absence_is_not() -> None:
    assert claim("dynamodb", time="104.5").lost == set()
    assert claim("dynamodb", Row("chat", "ana", "104.5", "other"), time="104.5").lost == {"p"}
