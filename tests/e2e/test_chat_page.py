"""The chat page in a real browser on a real server and store, in a wide and in a phone-sized window."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect, sync_playwright

from tests import engines
from tests.serving import WebServer, serving

pytestmark = pytest.mark.e2e

WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
on_both_windows = pytest.mark.parametrize("context", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
WAIT_MS = 10_000
"""Longer than a poll and a post on a busy machine; nothing here waits it out when all is well."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with engines.dynamodb_table() as table:
        env = {"DB_BACKEND": "dynamodb", "DYNAMODB_TABLE": table, "REQUEST_TIMEOUT_SECONDS": "15"}
        directory = tmp_path_factory.mktemp("page")
        with serving("chatproject.wsgi:application", directory=directory, env=env, workers=2) as started:
            yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=getattr(request, "param", WIDE))
    made.set_default_timeout(WAIT_MS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, server: WebServer) -> Iterator[Page]:
    """An open page; in the end nothing was stopped by the content policy and no script failed."""
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.on("console", lambda said: failures.append(said.text) if "Content Security" in said.text else None)
    visit(opened, server)
    yield opened
    assert failures == []


def visit(page: Page, server: WebServer) -> None:
    page.goto(f"{server.url}/chat")
    expect(page.locator("#connection")).to_have_text("Live", timeout=WAIT_MS)


def write(page: Page, name: str, comment: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Comment", exact=True).fill(comment)
    page.get_by_role("button", name="Send").click()


def posted(server: WebServer, name: str, comment: str) -> str:
    connection = server.connect()
    connection.request("POST", "/chat/comments/add", json.dumps({"name": name, "comment": comment}).encode())
    time: str = json.loads(connection.getresponse().read())["time"]
    return time


def refuse_with(status: int, code: str, message: str, **headers: str) -> Callable[[Route], None]:
    """An answer of the API that cannot be had from a healthy service."""
    body = json.dumps({"error": {"code": code, "message": message, "request_id": "r-1"}})

    def answer(route: Route) -> None:
        route.fulfill(status=status, body=body, headers={"Content-Type": "application/json", **headers})

    return answer


# First in this file: the table is still empty.
def test_an_empty_room_says_so_until_the_first_comment(browser: Browser, server: WebServer) -> None:
    page = browser.new_page()
    visit(page, server)
    expect(page.get_by_text("No comments yet")).to_be_visible()
    posted(server, "ann", "the very first")
    expect(page.locator(".entry")).to_have_count(1, timeout=WAIT_MS)
    expect(page.get_by_text("No comments yet")).to_be_hidden()
    page.close()


@on_both_windows
def test_a_comment_of_one_page_appears_on_the_other(
    page: Page, context: BrowserContext, server: WebServer, request: pytest.FixtureRequest
) -> None:
    other = context.new_page()
    visit(other, server)
    text = f"hello in {request.node.name} 😀 チャット"
    write(page, "ann", text)
    for one in (page, other):
        expect(one.locator(".entry", has_text=text)).to_have_count(1, timeout=WAIT_MS)
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")
    expect(page.locator(".entry").last).to_contain_text(text)


def test_markup_is_shown_as_text(page: Page) -> None:
    text = "<img src=x onerror=\"document.title='broken'\"><b>bold</b>&amp;"
    write(page, "<i>eve</i>", text)
    comment = page.locator(".entry").last
    expect(comment.locator(".said")).to_have_text(text, timeout=WAIT_MS)
    expect(comment.locator(".who")).to_have_text("<i>eve</i>")
    expect(page.locator(".entry img, .entry b, .entry i")).to_have_count(0)
    expect(page).to_have_title("Chat")


@on_both_windows
def test_nothing_is_wider_than_the_window(page: Page) -> None:
    write(page, "n" * 200, "w" * 3000)
    expect(page.locator(".entry").last).to_contain_text("www", timeout=WAIT_MS)
    for selector in ("html", "#scroller"):
        overflow = page.locator(selector).evaluate("e => e.scrollWidth - e.clientWidth")
        assert overflow == 0, selector
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


def test_a_growing_composer_does_not_cover_the_newest_comment(page: Page, server: WebServer) -> None:
    for number in range(12):
        posted(server, "ann", f"stays {number}")
    newest = page.get_by_text("stays 11", exact=True)
    expect(newest).to_be_in_viewport(timeout=WAIT_MS)
    page.get_by_label("Comment", exact=True).fill("line\n" * 5)
    expect(newest).to_be_in_viewport(ratio=1)


def test_a_late_comment_takes_its_place_and_none_is_shown_twice(page: Page, server: WebServer) -> None:
    """Protocol P1: a poll reads from ten seconds back, so what became visible late is not missed."""
    times = [posted(server, "ann", f"late {number}") for number in range(3)]
    held_back = times[1]

    def without_one(route: Route) -> None:
        answer = route.fetch()
        listed = [entry for entry in answer.json()["response"] if entry["time"] != held_back]
        route.fulfill(response=answer, json={"response": listed})

    page.route("**/chat/comments/latest**", without_one)
    page.reload()
    last = page.locator(".said").last
    expect(last).to_have_text("late 2", timeout=WAIT_MS)
    assert page.locator(".said").all_text_contents()[-2:] == ["late 0", "late 2"]
    page.unroute("**/chat/comments/latest**")
    expect(page.locator(".said", has_text="late 1")).to_have_count(1, timeout=WAIT_MS)
    assert page.locator(".said").all_text_contents()[-3:] == ["late 0", "late 1", "late 2"]


def test_the_name_is_remembered(page: Page, server: WebServer) -> None:
    page.get_by_label("Name").fill("Zoë")
    page.get_by_label("Name").blur()
    visit(page, server)
    expect(page.get_by_label("Name")).to_have_value("Zoë")


def test_enter_sends_and_shift_enter_starts_a_line(page: Page) -> None:
    page.get_by_label("Name").fill("ann")
    field = page.get_by_label("Comment", exact=True)
    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.press("Enter")
    expect(page.locator(".said").last).to_have_text("one\ntwo", timeout=WAIT_MS, use_inner_text=True)


def test_what_cannot_be_sent_is_said_before_sending(page: Page) -> None:
    for name, comment, complaint in [
        ("", "hi", "Please give a name."),
        ("ann", "  ", "Please write something first."),
        ("ann", "あ" * 5500, "too long by 116 bytes"),
    ]:
        write(page, name, comment)
        expect(page.get_by_role("alert")).to_contain_text(complaint)
        expect(page.get_by_label("Comment", exact=True)).to_have_value(comment)


def test_a_refusal_is_told_kindly_and_the_text_is_kept(page: Page) -> None:
    for status, code, kindly in [
        (429, "too_many_requests", "That was a little fast. Try again in 7 s."),
        (503, "writes_held", "Posting is paused for a moment. Try again in 7 s."),
        (503, "outcome_unknown", "Look for it above before you send it again."),
        (400, "bad_name", "Your comment was not accepted: the inner words. (request r-1)"),
    ]:
        answer = refuse_with(status, code, "the inner words", **{"Retry-After": "7"})
        page.route("**/chat/comments/add", answer)
        write(page, "ann", "keep me")
        expect(page.get_by_role("alert")).to_contain_text(kindly)
        expect(page.get_by_label("Comment", exact=True)).to_have_value("keep me")
        page.unroute("**/chat/comments/add")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said").last).to_have_text("keep me", timeout=WAIT_MS)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_offline_page_says_so_keeps_what_it_shows_and_comes_back(
    page: Page, context: BrowserContext, server: WebServer
) -> None:
    posted(server, "ann", "before the tunnel")
    expect(page.get_by_text("before the tunnel").last).to_be_visible(timeout=WAIT_MS)
    context.set_offline(True)
    expect(page.get_by_role("status")).to_have_text("Offline", timeout=WAIT_MS)
    expect(page.get_by_text("before the tunnel").last).to_be_visible()
    write(page, "ann", "into the void")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("Live", timeout=WAIT_MS)


def test_a_service_in_trouble_is_said_to_be_so(page: Page) -> None:
    answer = refuse_with(503, "store_unavailable", "down", **{"Retry-After": "1"})
    page.route("**/chat/comments/latest**", answer)
    expect(page.get_by_role("status")).to_have_text("Not up to date, trying again", timeout=WAIT_MS)
    page.unroute("**/chat/comments/latest**")
    expect(page.get_by_role("status")).to_have_text("Live", timeout=WAIT_MS)


@on_both_windows
def test_new_comments_wait_below_while_one_reads_older_ones(page: Page, server: WebServer) -> None:
    for number in range(25):
        posted(server, "ann", f"line {number}")
    expect(page.get_by_text("line 24", exact=True).last).to_be_visible(timeout=WAIT_MS)
    page.locator("#scroller").evaluate("e => { e.scrollTop = 0; }")
    posted(server, "bob", "down here")
    newer = page.get_by_role("button", name="New comments below")
    expect(newer).to_be_visible(timeout=WAIT_MS)
    assert page.locator("#scroller").evaluate("e => e.scrollTop") == 0
    newer.click()
    expect(page.get_by_text("down here", exact=True).last).to_be_in_viewport()
    expect(newer).to_be_hidden()


def test_it_asks_nobody_but_its_own_server(context: BrowserContext, server: WebServer) -> None:
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    visit(page, server)
    assert asked
    assert [url for url in asked if not url.startswith(server.url)] == []
