"""The console in a real browser, as each of the three people, on real processes and stores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.browsing import PHONE, WAIT_MS, WIDE, chromium, log_in, window
from tests.e2e.deployment import Deployment, deployment
from tests.migration import controls
from tests.migration.bed import Bed, Ground
from tests.migration.conftest import control_template, cql, dynamodb, ground

__all__ = ["control_template", "cql", "dynamodb", "ground"]

# Its first test waits for a deployment to start, which takes a busy machine longer than most tests may.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PICTURES = os.environ.get("SCREENSHOTS")
"""A folder: there a picture of each page is put, as `make screenshots` does."""
As = Callable[..., Page]


@pytest.fixture(scope="module")
def deployed(
    control_template: Path, ground: Ground, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("console")
    controls.copy_of(control_template, folder)
    with django_db_blocker.unblock(), deployment(Bed(ground=ground, folder=folder)) as started:
        yield started


@pytest.fixture(scope="module")
def browser(deployed: Deployment) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def enter(browser: Browser, deployed: Deployment) -> Iterator[As]:
    """Logs somebody in, in a window of their own, and shows the dashboard."""
    with ExitStack() as open_windows:

        def enter_as(name: str, size: ViewportSize = WIDE) -> Page:
            page = open_windows.enter_context(window(browser, deployed, size))
            log_in(page, deployed, name)
            return page

        yield enter_as


def test_a_wrong_password_is_told_and_lets_nobody_in(browser: Browser, deployed: Deployment) -> None:
    with window(browser, deployed, WIDE) as page:
        page.goto(f"{deployed.url}/admin/")
        page.get_by_label("Username").fill("viewer")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Log in").click()

        expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
        expect(page.locator("#live")).to_have_count(0)


def test_a_viewer_sees_every_endpoint_and_no_button(enter: As) -> None:
    page = enter("viewer")

    for name in ("post_comment", "latest_comments", "comments_since", "all_comments", "user_timeline"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name="comments_since", exact=True).click()
    expect(page.get_by_role("heading", name="Next step: legacy → dual")).to_be_visible()
    expect(page.locator("[data-dialog]")).to_have_count(0)


def test_an_operator_advances_an_endpoint_with_a_reason(enter: As, deployed: Deployment) -> None:
    page = enter("operator")
    page.goto(f"{deployed.url}/admin/migration/endpoint/comments_since/")
    page.get_by_role("link", name="Advance to dual").click()
    dialog = page.get_by_role("dialog", name="Advance comments_since")
    expect(dialog).to_contain_text("dynamodb answers every request")
    expect(dialog).to_contain_text("confirmed")
    dialog.get_by_label("Why?").fill("nothing speaks against it")
    dialog.get_by_role("button", name="Advance to dual").click()

    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("#live")).to_contain_text("operator: “nothing speaks against it”")
    page.get_by_role("link", name="comments_since", exact=True).click()
    expect(page.locator("[aria-current=step]")).to_have_text("dual")


def test_a_dialog_without_a_reason_keeps_open_and_changes_nothing(enter: As, deployed: Deployment) -> None:
    page = enter("operator")
    page.goto(f"{deployed.url}/admin/migration/endpoint/all_comments/")
    page.get_by_role("link", name="Advance to dual").click()
    dialog = page.get_by_role("dialog", name="Advance all_comments")
    dialog.get_by_label("Why?").fill("   ")
    dialog.get_by_role("button", name="Advance to dual").click()

    expect(dialog.get_by_role("alert")).to_have_text("Say why: the audit keeps it.")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("It has not been moved yet.")).to_be_visible()


def test_a_second_person_approves_and_what_the_guards_say_then_is_told(enter: As, deployed: Deployment) -> None:
    page, second = enter("operator"), enter("approver")
    page.goto(f"{deployed.url}/admin/migration/endpoint/post_comment/")
    page.get_by_role("link", name="Advance to cutover").click()
    expect(page.get_by_role("dialog")).to_contain_text("It waits for an approver before it begins.")
    page.get_by_label("Why?").fill("everything is copied")
    page.get_by_role("button", name="Advance to cutover").click()
    expect(page.get_by_text("It needs a second person: an approver other than operator.")).to_be_visible()
    expect(page.get_by_role("link", name="Approve")).to_have_count(0)

    second.get_by_role("link", name="Approve").click(timeout=WAIT_MS)
    second.get_by_label("Why?").fill("I looked at it too")
    second.get_by_role("button", name="Approve").click()
    # The reads are not served by the target yet: no approval passes a guard.
    expect(second.get_by_text("not served by the target alone").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("refused", exact=True).first).to_be_visible(timeout=WAIT_MS)


def test_freezing_shows_on_a_page_that_is_open_and_refusals_are_told_in_the_dialog(
    enter: As, deployed: Deployment
) -> None:
    watching, page = enter("viewer"), enter("operator")
    page.get_by_role("link", name="Freeze everything").click()
    page.get_by_label("Why?").fill("a strange latency")
    page.get_by_role("button", name="Freeze").click()
    expect(watching.get_by_text("Frozen by operator at")).to_be_visible(timeout=WAIT_MS)

    page.goto(f"{deployed.url}/admin/migration/endpoint/all_comments/")
    page.get_by_role("link", name="Advance to dual").click()
    page.get_by_label("Why?").fill("one more step")
    page.get_by_role("button", name="Advance to dual").click()
    expect(page.get_by_role("alert")).to_contain_text("the rollout is frozen by operator: a strange latency")
    expect(page.get_by_label("Why?")).to_have_value("one more step")

    page.goto(f"{deployed.url}/admin/")
    page.get_by_role("link", name="Thaw").click()
    page.get_by_label("Why?").fill("it was the network")
    page.get_by_role("button", name="Thaw").click()
    expect(watching.get_by_text("Frozen by operator at")).to_be_hidden(timeout=WAIT_MS)


PAGES = {
    "dashboard": "/admin/",
    "endpoint": "/admin/migration/endpoint/latest_comments/",
    "transition": "/admin/migration/transition/2/",
    "transitions": "/admin/migration/transition/",
    "processes": "/admin/migration/holder/",
    "audit": "/admin/migration/auditevent/",
}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_each_page_fits_its_window(enter: As, deployed: Deployment, size: ViewportSize) -> None:
    page = enter("operator", size)
    kind = "wide" if size == WIDE else "phone"
    for name, address in PAGES.items():
        page.goto(deployed.url + address)
        fits(page, name, kind)
    page.goto(f"{deployed.url}/admin/migration/endpoint/latest_comments/")
    page.get_by_role("link", name="Advance to shadow").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    fits(page, "dialog", kind)


def test_the_log_in_fits_a_phone(browser: Browser, deployed: Deployment) -> None:
    for size, kind in ((WIDE, "wide"), (PHONE, "phone")):
        with window(browser, deployed, size) as page:
            page.goto(f"{deployed.url}/admin/")
            fits(page, "log-in", kind)


def test_a_silent_process_is_named_and_an_operator_declares_it_dead(enter: As, deployed: Deployment) -> None:
    deployed.lose_a_process()
    page = enter("operator")
    expect(page.get_by_text("pid 4711 on old-host")).to_contain_text("missing for")
    page.goto(f"{deployed.url}/admin/migration/holder/")
    page.get_by_role("row", name="old-host").get_by_role("link", name="Declare dead").click()
    page.get_by_label("How was it stopped").fill("its machine was taken apart")
    page.get_by_role("button", name="Declare dead").click()

    expect(page.get_by_role("row", name="old-host")).to_contain_text("by operator: its machine was taken apart")


def fits(page: Page, name: str, kind: str) -> None:
    """The page itself is not wider than its window; and its picture is taken if somebody wants it."""
    page.wait_for_load_state("networkidle")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{kind}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name  # type: ignore[index]
