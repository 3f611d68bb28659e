"""Temporary access as people live it: support asks, somebody narrows and approves on a phone, one field is revealed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from tests.e2e.conftest import Visitor

if TYPE_CHECKING:
    from governance.identities import Caller
    from tests.userstore.helpdesk import HelpDesk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKED_AT = "SEALBOOK_SCREENSHOTS"
WHY = "She cannot sign in and asks to be called back today."


@pytest.fixture
def desk(transactional_db: None) -> HelpDesk:
    from tests.userstore.helpdesk import HelpDesk

    cache.clear()
    return HelpDesk()


@pytest.fixture
def sits(visit: Callable[..., Visitor], desk: HelpDesk) -> Callable[..., Visitor]:
    """Open a window in which somebody of the desk has signed in."""

    def sit(caller: Caller, **window: object) -> Visitor:
        browser = Client()
        browser.force_login(desk.account(caller))
        visitor = visit(**window)
        name = settings.SESSION_COOKIE_NAME
        visitor.page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": visitor.address}])
        return visitor

    return sit


def look(visitor: Visitor, name: str) -> None:
    """Find what a person would stumble over; keep a picture where one is wanted."""
    import os

    if folder := os.environ.get(LOOKED_AT):
        visitor.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert visitor.accessibility_violations() == []
    assert visitor.complaints == []
    assert visitor.width_overflow() <= 0


def status(visitor: Visitor, path: str) -> int:
    answer = visitor.page.goto(visitor.address + path)
    return answer.status if answer else 0


def ask(support: Visitor, desk: HelpDesk, *, number: str = "CASE-2") -> None:
    page = support.open("/access/")
    look(support, "mine-empty")
    page.click("text=New request")
    page.click(".access-line:has-text('nick')")
    page.select_option("#column", label="mail")
    page.fill("#value", "ada@example.com")
    page.click("button:has-text('Find')")
    page.wait_for_selector("text=One person found.")
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


def test_support_asks_an_approver_narrows_on_a_phone_and_one_field_is_revealed_until_the_access_ends(
    sits: Callable[..., Visitor], desk: HelpDesk
) -> None:
    from tests.userstore.helpdesk import ADA

    support, approver = sits(desk.sue), sits(desk.ann, width=390, scheme="dark")
    ask(support, desk)
    record = support.page
    record.click("dd:near(dt:has-text('nick')) button:has-text('Reveal')")
    record.wait_for_selector("text=unmasks itself when your access begins")
    look(support, "request-waiting")

    inbox = approver.open("/access/inbox/")
    look(approver, "inbox-phone")
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    inbox.wait_for_selector("h1:has-text('asks for')")
    look(approver, "decide-phone")
    inbox.uncheck("label:has-text('age')")
    inbox.check("label:has-text('15 min')")
    inbox.click("button:has-text('Approve')")
    inbox.wait_for_selector("text=Approved.")

    record.wait_for_selector("text=Granted, not begun")
    record.click("button:has-text('Begin')")
    record.wait_for_selector(".access-banner")
    record.click("dd:near(dt:has-text('nick')) button:has-text('Reveal')")
    record.wait_for_selector(f"text={ADA}")
    look(support, "record-open")
    assert "age" not in record.inner_text(".record")

    record.click("#request-state button:has-text('End now')")
    record.wait_for_selector("text=Ended by you")
    record.click("dd:near(dt:has-text('nick')) button:has-text('Reveal')")
    record.wait_for_selector("text=You have ended your access.")
    assert ADA not in record.content()
    look(support, "record-ended")


def test_an_emergency_opens_at_once_and_is_reviewed_by_somebody_else(
    sits: Callable[..., Visitor], desk: HelpDesk
) -> None:
    from tests.userstore.helpdesk import ADA

    support, auditor = sits(desk.sue, width=390), sits(desk.auditor, scheme="dark")
    page = support.open(f"/access/new/{desk.record}/")
    page.select_option("#column", label="mail")
    page.fill("#value", "ada@example.com")
    page.click("button:has-text('Find')")
    page.wait_for_selector("text=One person found.")
    page.check("label:has-text('nick')")
    page.select_option("#reason", "incident_response")
    page.fill("#justification", WHY)
    page.click("text=It cannot wait")
    look(support, "emergency-phone")
    page.click("button:has-text('Declare an emergency')")
    page.wait_for_selector(".access-banner")
    page.click("button:has-text('Reveal')")
    page.wait_for_selector(f"text={ADA}")
    page.click("#request-state button:has-text('End now')")
    page.wait_for_selector("text=Ended by you")

    review = auditor.open("/access/reviews/")
    look(auditor, "reviews-dark")
    review.click(".access-line")
    review.click("button:has-text('Look at this one')")
    review.wait_for_selector("text=Verdict")
    assert "yes" in review.inner_text("tr:has-text('nick') td:last-child")
    look(auditor, "review-dark")
    review.check("label:has-text('appropriate') >> nth=0")
    review.click("button:has-text('Conclude')")
    review.wait_for_selector(".badge:has-text('appropriate')")


def test_who_asked_cannot_decide_and_an_outsider_sees_nothing(sits: Callable[..., Visitor], desk: HelpDesk) -> None:
    from governance.actions.rights import give_right

    give_right(desk.system, holder=desk.support, operation="approve", on=desk.environment)
    request = desk.asked()
    own, outsider = sits(desk.sue), sits(desk.otto)

    page = own.open(f"/access/inbox/{request.pk}/")

    page.wait_for_selector("text=Somebody else decides on this.")
    assert page.query_selector("button:has-text('Approve')") is None
    assert status(outsider, f"/access/requests/{request.pk}/") == 404
    assert status(outsider, f"/access/inbox/{request.pk}/") == 404
    assert status(outsider, "/access/reviews/") == 403
    outsider.open("/access/inbox/").wait_for_selector("text=Nothing waits for you")
