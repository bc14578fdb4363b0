"""Who may do what is one question, asked of a named person."""

from __future__ import annotations

import pytest

from migration.exceptions import NotAllowed
from migration.people.roles import Actor, Role, require


def test_a_role_that_is_there_is_enough() -> None:
    require(Actor("ada", frozenset({Role.OPERATOR})), Role.OPERATOR)


@pytest.mark.parametrize(
    ("roles", "wanted"),
    [
        ({Role.VIEWER}, Role.OPERATOR),
        ({Role.APPROVER}, Role.OPERATOR),
        ({Role.OPERATOR, Role.VIEWER}, Role.APPROVER),
        (set(), Role.VIEWER),
    ],
)
def test_no_role_stands_for_another(roles: set[Role], wanted: Role) -> None:
    with pytest.raises(NotAllowed, match=f"this needs the role {wanted.value}"):
        require(Actor("ada", frozenset(roles)), wanted)


def test_the_refusal_says_what_the_person_has_and_what_would_help() -> None:
    with pytest.raises(NotAllowed) as caught:
        require(Actor("ada", frozenset({Role.APPROVER, Role.VIEWER})), Role.OPERATOR)
    assert str(caught.value) == (
        "ada has viewer, approver; this needs the role operator: somebody who has it must do it, "
        "or an administrator adds ada to the group operator"
    )


@pytest.mark.parametrize(("name", "same"), [("ada", True), ("Ada ", True), ("ADA", True), ("adam", False)])
def test_one_person_under_two_spellings_is_one_person(name: str, same: bool) -> None:
    assert Actor("ada", frozenset()).is_same_person_as(name) is same
