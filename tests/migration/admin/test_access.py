"""Who gets in, who may change what: every address of the console, as each of the roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver

from migration.enums import Phase
from migration.models import AuditEvent, Rollout, Route, Transition
from tests.migration.admin.conftest import PASSWORD, LogIn
from tests.migration.vectors import LATEST, POST, holder, intent

CHANGES = (
    "/admin/freeze/",
    "/admin/thaw/",
    "/admin/migration/endpoint/post_comment/advance/",
    "/admin/migration/endpoint/post_comment/rollback/",
    "/admin/migration/endpoint/latest_comments/ramp/",
    "/admin/migration/endpoint/latest_comments/shadow/",
    "/admin/migration/endpoint/post_comment/drill/",
    "/admin/migration/endpoint/post_comment/drill/give-up/",
    "/admin/migration/transition/{transition}/approve/",
    "/admin/migration/transition/{transition}/withdraw/",
    "/admin/migration/holder/{holder}/declare-dead/",
)
LOOKS = (
    "/admin/",
    "/admin/migration/endpoint/post_comment/",
    "/admin/migration/transition/{transition}/",
    "/admin/migration/transition/",
    "/admin/migration/holder/",
    "/admin/migration/auditevent/",
    "/admin/migration/auditevent/chain/",
)
FIELDS = {"reason": "because", "to": "dual", "percent": "50"}
OF_THE_ACCOUNT = {"login", "logout", "password_change", "password_change_done"}


@pytest.fixture
def known(rollout: Rollout) -> dict[str, int]:
    """Rows that addresses name: a request that waits, and a live process."""
    wanted = intent(POST, Phase.LEGACY, Phase.DUAL)
    Transition.objects.filter(pk=wanted.pk).update(step="requested", approval_needed=True)
    return {"transition": wanted.pk, "holder": holder(acked=rollout.epoch).pk}


def stands() -> tuple[object, ...]:
    """Everything a press of a button could have changed."""
    return (
        list(Route.objects.values_list()),
        list(Rollout.objects.values_list()),
        list(Transition.objects.values_list()),
        AuditEvent.objects.count(),
    )


def test_the_lists_above_name_each_page_that_is_the_console_s_own() -> None:
    listed = {address.format(transition=1, holder=1) for address in CHANGES + LOOKS}

    assert set(own_pages()) == listed


def own_pages() -> Iterator[str]:
    """Built from the addresses that were added to the site, and its lists."""
    from migration.admin.urls import console

    given = {"<str:name>": "post_comment", "<int:pk>": "1"}
    for page in console.pages:
        address = "/admin/" + str(page.pattern)
        for part, value in given.items():
            address = address.replace(part, value)
        if "<slug:verb>" not in address:
            yield address
        else:
            for verb, name in (("advance", POST), ("rollback", POST), ("ramp", LATEST), ("shadow", LATEST)):
                yield f"/admin/migration/endpoint/{name}/{verb}/"
    yield from (f"/admin/migration/{model._meta.model_name}/" for model in console._registry if model is not User)


def codes(answer: Callable[[str], Any], addresses: Iterable[str], known: dict[str, int]) -> dict[str, int]:
    return {address: answer(address.format(**known)).status_code for address in addresses}


@pytest.mark.parametrize("name", ["viewer", "operator", "approver"])
def test_everybody_with_a_role_may_look(log_in: LogIn, known: dict[str, int], name: str) -> None:
    assert codes(log_in(name).get, LOOKS, known) == dict.fromkeys(LOOKS, 200)


def test_a_viewer_changes_nothing(viewer: Client, known: dict[str, int]) -> None:
    before = stands()

    assert codes(lambda address: viewer.post(address, FIELDS), CHANGES, known) == dict.fromkeys(CHANGES, 403)
    assert codes(viewer.get, CHANGES, known) == dict.fromkeys(CHANGES, 403)
    assert stands() == before


def test_a_viewer_finds_no_way_to_change_a_row_through_django_s_own_addresses(
    viewer: Client, known: dict[str, int]
) -> None:
    before = stands()
    tried = 0

    for address in django_addresses(known):
        tried += 1
        viewer.post(address, {**FIELDS, "post": "yes", "action": "delete_selected", "_selected_action": "1"})

    assert stands() == before
    assert tried >= 15


def django_addresses(known: dict[str, int]) -> Iterator[str]:
    """Lists, forms, deletion and history of each model the console shows."""
    resolver: Any = next(each for each in get_resolver().url_patterns if str(each.pattern) == "admin/")
    for pattern in resolver.url_patterns:
        for leaf in [pattern] if isinstance(pattern, URLPattern) else pattern.url_patterns:
            prefix = "" if leaf is pattern else str(pattern.pattern)
            address = f"/admin/{prefix}{leaf.pattern}".replace("<path:object_id>", "1").replace("<int:pk>", "1")
            if "<" not in address and "(" not in address and leaf.name not in OF_THE_ACCOUNT:
                yield address.replace("^", "").replace("$", "")


def test_a_look_at_a_dialog_changes_nothing(log_in: LogIn, known: dict[str, int]) -> None:
    boss, before = log_in("boss", "operator", "approver"), stands()

    assert codes(boss.get, CHANGES, known) == dict.fromkeys(CHANGES, 200)
    assert stands() == before


def test_a_change_without_the_page_s_token_is_refused(person: Callable[..., User], known: dict[str, int]) -> None:
    """As a form on somebody else's page would send it."""
    person("boss", "operator", "approver")
    client = Client(enforce_csrf_checks=True)
    token = client.get("/admin/login/").cookies["csrftoken"].value
    said = {"username": "boss", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/admin/login/", said).status_code == 302
    before = stands()

    assert codes(lambda address: client.post(address, FIELDS), CHANGES, known) == dict.fromkeys(CHANGES, 403)
    assert stands() == before


def test_strangers_are_asked_to_log_in(known: dict[str, int]) -> None:
    asked = [Client().get(address.format(**known)) for address in LOOKS + CHANGES]

    assert {answer.headers["Location"].partition("?")[0] for answer in asked} == {"/admin/login/"}


def test_staff_without_a_role_and_members_that_are_no_staff_stay_outside(log_in: LogIn) -> None:
    for name, groups, staff in (("new", ("none",), True), ("guest", ("operator",), False)):
        assert log_in(name, *groups, staff=staff).get("/admin/").status_code == 302


def test_a_page_whose_log_in_ran_out_is_sent_to_the_log_in_whole(rollout: Rollout) -> None:
    answer = Client().get("/admin/?part=live", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/admin/login/?next=%2Fadmin%2F")


def test_an_approver_does_not_move_and_an_operator_does_not_approve(
    operator: Client, approver: Client, known: dict[str, int]
) -> None:
    approve = f"/admin/migration/transition/{known['transition']}/approve/"

    assert operator.post(approve, FIELDS).status_code == 403
    assert approver.post("/admin/migration/endpoint/post_comment/advance/", FIELDS).status_code == 403
    assert Transition.objects.get(pk=known["transition"]).approved_by == ""


def test_after_five_wrong_passwords_the_right_one_is_of_no_use(person: Callable[..., User]) -> None:
    person("operator")
    client = Client()
    wrong = [client.post("/admin/login/", {"username": "operator", "password": "a guess"}) for _ in range(5)]
    right = client.post("/admin/login/", {"username": "operator", "password": PASSWORD})

    assert [answer.status_code for answer in wrong] == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert "this name is locked for a quarter of an hour" in " ".join(right.content.decode().split())
    assert client.get("/admin/").status_code == 302


def test_another_person_is_not_locked_out_with_them(person: Callable[..., User]) -> None:
    person("operator")
    person("viewer")
    client = Client()
    for _ in range(5):
        client.post("/admin/login/", {"username": "operator", "password": "a guess"})

    answer = client.post("/admin/login/?next=/admin/", {"username": "viewer", "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
