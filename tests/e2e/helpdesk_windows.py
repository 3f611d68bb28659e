"""What people of a help desk do in their windows, and what is looked at in every one of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.test import Client

from tests.e2e.conftest import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from governance.models import Account
    from tests.userstore.helpdesk import HelpDesk

LOOKED_AT = "SEALBOOK_SCREENSHOTS"
WHY = "She cannot sign in and asks to be called back today."
COUNTING = """
addEventListener("pointerdown", (event) => { if (event.isTrusted) count(); }, true);
addEventListener("keydown", (event) => { if (event.isTrusted) count(); }, true);
const count = () => sessionStorage.setItem("acts", Number(sessionStorage.getItem("acts") ?? 0) + 1);
"""

LOOK = "document.getElementById('request-state').dispatchEvent(new CustomEvent('look'))"
"""Has the page of a request ask now where it stands, which it does every few seconds by itself."""
FIRST_CLOCK = """document.addEventListener('htmx:afterSwap', () => {
  document.body.dataset.firstClock = document.querySelector('.countdown time')?.textContent ?? '';
})"""
"""Notes what a page's clock says as it comes from the server, before a second has passed."""
LEFT_BY_AXE = "document.querySelectorAll('[style=\"\"]').forEach((each) => each.removeAttribute('style'))"
"""Empty styles, which htmx would copy to what it swaps in, and which the policy for contents would then refuse."""

Visit = Callable[..., Visitor]


def new_desk() -> HelpDesk:
    """A help desk; its models are imported late, since this file is read before Django is set up."""
    from tests.userstore.helpdesk import HelpDesk

    return HelpDesk()


def seat(visit: Visit, account: Account, **window: object) -> Visitor:
    """Open a window in which somebody has signed in."""
    browser = Client()
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    visitor = visit(**window)
    name = settings.SESSION_COOKIE_NAME
    visitor.page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": visitor.address}])
    return visitor


def keep_picture(visitor: Visitor, name: str) -> None:
    """Keep a picture of a whole page, in the folder that the environment names."""
    if folder := os.environ.get(LOOKED_AT):
        visitor.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def look(visitor: Visitor, name: str) -> None:
    """Find what a person would stumble over; keep a picture where one is wanted."""
    keep_picture(visitor, name)
    found = [*visitor.accessibility_violations(), *visitor.complaints]
    visitor.page.evaluate(LEFT_BY_AXE)
    if visitor.width_overflow() > 0:
        found.append(f"{visitor.width_overflow()} px too wide")
    assert not found, f"{name}: " + "; ".join(found)


def count_acts(visitor: Visitor) -> Callable[[], int]:
    """Count what somebody presses in a window from its next page on: clicks, taps and keys."""
    visitor.page.context.add_init_script(COUNTING)
    return lambda: int(visitor.page.evaluate("Number(sessionStorage.getItem('acts') ?? 0)"))


def look_again(page: Page) -> int:
    """Have the page of a request ask at once where it stands; return the status of the answer."""
    with page.expect_response(lambda answer: "known=" in answer.url) as told:
        page.evaluate(LOOK)
    return told.value.status


def field(name: str) -> str:
    """Where a field of the record is."""
    return f".record div:has(dt:text-is('{name}')) dd"


def find_ada(page: Page) -> None:
    """Find Ada by her e-mail address on the page of a new request."""
    page.select_option("#column", label="mail")
    page.fill("#value", "ada@example.com")
    page.click("button:has-text('Find')")
    page.wait_for_selector("text=One person found.")


def ask(support: Visitor, *, number: str = "CASE-2") -> None:
    """Ask for Ada's name and age for an hour, with a preview."""
    page = support.open("/access/")
    look(support, "mine-empty")
    page.click("text=New request")
    page.click(".access-line:has-text('nick')")
    find_ada(page)
    page.check("label:has-text('nick')")
    page.check("label:has-text('age')")
    page.check("label:has-text('60 min')")
    page.fill("#ticket", number)
    page.fill("#justification", WHY)
    page.click("button:has-text('Preview')")
    page.wait_for_selector("text=It would show")
    look(support, "ask-preview")
    page.click("button:has-text('Send')")
    page.wait_for_selector("text=Waits for a decision")
