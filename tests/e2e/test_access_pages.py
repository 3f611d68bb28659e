"""Temporary access as people live it: support asks, somebody narrows and approves on a phone, one field is revealed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.beginnings import beginning
from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import WHY, ask, count_acts, field, find_ada, look, new_desk

if TYPE_CHECKING:
    from tests.userstore.helpdesk import HelpDesk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

begun, desk = beginning(new_desk)


def status(visitor: Visitor, path: str) -> int:
    answer = visitor.page.goto(visitor.address + path)
    return answer.status if answer else 0


def test_support_asks_an_approver_narrows_on_a_phone_and_one_field_is_revealed_until_the_access_ends(
    sits: Callable[..., Visitor], desk: HelpDesk
) -> None:
    from tests.userstore.helpdesk import ADA

    support, approver = sits(desk.sue), sits(desk.ann, width=390, scheme="dark")
    began = time.monotonic()
    ask(support)
    print(f"a valid request with its preview took {time.monotonic() - began:.1f} s (bar 30)")  # noqa: T201  for whoever runs it with -s
    record = support.page
    record.click(f"{field('nick')} button:visible")
    record.wait_for_selector("text=unmasks itself when your access begins")
    look(support, "request-waiting")

    acts = count_acts(approver)
    inbox = approver.open("/access/inbox/")
    look(approver, "inbox-phone")
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    inbox.wait_for_selector("h1:has-text('asks for')")
    look(approver, "decide-phone")
    before = acts()
    inbox.uncheck("label:has-text('age')")
    inbox.check("label:has-text('15 min')")
    inbox.click("button:has-text('Approve')")
    inbox.wait_for_selector("text=Approved.")
    assert acts() - before == 3

    record.wait_for_selector("text=Granted, not begun")
    record.click("button:has-text('Begin')")
    record.wait_for_selector(".access-banner")
    record.click(f"{field('nick')} button:visible")
    record.wait_for_selector(f"text={ADA}")
    look(support, "record-open")
    assert "age" not in record.inner_text(".record")

    record.click("#request-state button:has-text('End now')")
    record.wait_for_selector("text=Ended by you")
    record.click(f"{field('nick')} button:visible")
    record.wait_for_selector("text=You have ended your access.")
    assert ADA not in record.content()
    look(support, "record-ended")


def test_an_emergency_opens_at_once_and_is_reviewed_by_somebody_else(
    sits: Callable[..., Visitor], desk: HelpDesk
) -> None:
    from tests.userstore.helpdesk import ADA

    support, auditor = sits(desk.sue, width=390), sits(desk.auditor, scheme="dark")
    page = support.open(f"/access/new/{desk.record}/")
    find_ada(page)
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
