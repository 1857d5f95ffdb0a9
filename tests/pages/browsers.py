"""Debian's Chromium, driven by Playwright, and what a page did in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NOT_INSTALLED = "Chromium is not installed (apt-get install chromium fonts-noto-cjk)"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WALL = {"width": 1600, "height": 900}
PATIENCE_MS = 30_000
"""How long a test waits for what must come: long, since the machine may be busy."""


def find_chromium() -> str | None:
    """Path of the machine's Chromium; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """A browser that ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def until(page: Page, expression: str) -> None:
    """Wait until an expression of the page's is true. Playwright's own way of waiting for one is
    forbidden by the pages' policy, which lets nobody make code out of text."""
    deadline_s = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(expression):
        if time.monotonic() > deadline_s:
            raise AssertionError(f"it did not become true: {expression}")
        page.wait_for_timeout(50)


@dataclass
class Visit:
    """One context of the browser, and what its pages asked for and complained about."""

    context: BrowserContext
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of complaints that the test provokes on purpose."""

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"{error}"))
        page.goto(self.address + path)
        return page

    def elsewhere(self) -> list[str]:
        """Requests that went to another origin."""
        own = urlsplit(self.address).netloc
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme in ("http", "https", "ws", "wss")
            and urlsplit(url).netloc != own
        ]

    def unexpected(self) -> list[str]:
        """Complaints of the pages that no test provoked."""
        return [one for one in self.complaints if not any(part in one for part in self.expected)]

    def _note(self, message: Any) -> None:
        # What the software renderer says about being read, as for a screenshot, is no complaint.
        if message.type in ("error", "warning") and "GL Driver Message" not in message.text:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """A fresh context; when the block ends well, nothing went elsewhere and nobody complained."""
    context = browser.new_context(**{"viewport": WALL, "locale": "en-GB", **options})
    visit = Visit(context, address)
    context.on("request", lambda request: visit.requests.append(request.url))
    try:
        yield visit
        assert visit.elsewhere() == [], visit.elsewhere()
        assert visit.unexpected() == [], visit.unexpected()
    finally:
        context.close()
