"""A real Chromium for the page tests. Where none is installed they are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

if TYPE_CHECKING:
    from governance.identities import Caller
    from tests.userstore.helpdesk import HelpDesk

QUIET = (
    "--no-sandbox",  # containers run as root without user namespaces; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
CRITERIA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in this thread


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: install the package `chromium`, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One browser window and everything the page complained about in it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def accessibility_violations(self) -> list[str]:
        """What axe finds against WCAG 2.2 level AA, as `rule: element` lines."""
        found = Axe().run(self.page, options={"runOnly": CRITERIA}).response["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    def width_overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture
def visit(chromium: Browser, live_server: object) -> Iterator[Callable[..., Visitor]]:
    """Open windows: `visit(width=390, scheme="dark", scripts=False)`."""
    contexts = []

    def open_window(*, width: int = 1440, scheme: str = "light", scripts: bool = True) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        visitor = Visitor(page=context.new_page(), address=str(live_server))
        visitor.page.on("console", visitor.hear)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture
def sits(visit: Callable[..., Visitor], desk: HelpDesk) -> Callable[..., Visitor]:
    """Open windows in which somebody of a file's `desk` has signed in: `sits(desk.sue, width=390)`."""
    from tests.e2e.helpdesk_windows import seat

    def sit(caller: Caller, **window: object) -> Visitor:
        return seat(visit, desk.account(caller), **window)

    return sit
