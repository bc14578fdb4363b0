"""A browser for the console: logged in as somebody, in a wide or a phone-sized window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e.deployment import Deployment

WIDE, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 15_000
"""Longer than a move on a busy machine; nothing here waits it out when all is well."""


@contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, headless=True, args=ARGUMENTS)
        yield launched
        launched.close()


@contextmanager
def window(browser: Browser, deployment: Deployment, size: ViewportSize) -> Iterator[Page]:
    """In the end nothing was stopped by the content policy, no script failed, and nobody else was asked."""
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    failures: list[str] = []

    def own(url: str) -> bool:
        return url.startswith((deployment.url, "data:"))

    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda asked: failures.append(asked.url) if not own(asked.url) else None)
    yield page
    context.close()
    assert failures == []


def log_in(page: Page, deployment: Deployment, name: str) -> None:
    page.goto(f"{deployment.url}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(deployment.passwords[name])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{deployment.url}/admin/")
