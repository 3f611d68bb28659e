"""The less travelled ways through temporary access, in a browser: more time, a question, a no, and a sudden end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.beginnings import beginning
from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import FIRST_CLOCK, LOOK, count_acts, field, look, look_again, new_desk

if TYPE_CHECKING:
    from tests.userstore.helpdesk import HelpDesk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

begun, desk = beginning(new_desk)

Sits = Callable[..., Visitor]


def test_more_time_is_asked_for_approved_by_keyboard_alone_and_begins_when_the_first_access_ends(
    sits: Sits, desk: HelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = desk.granted(minutes=15)
    support, approver = sits(desk.sue, width=390), sits(desk.ann)
    page = support.open(f"/access/requests/{grant.request_id}/")
    page.click("summary:has-text('Extend')")
    page.fill("#more", "The caller is still looking for the contract number.")
    assert look_again(page) == 204
    assert page.input_value("#more").startswith("The caller"), "what is typed outlives the page's questions"
    look(support, "extend-phone")
    page.click("button:has-text('Ask for it')")
    page.wait_for_selector("text=an earlier access")

    acts = count_acts(approver)
    inbox = approver.open("/access/inbox/")
    assert "more time" in inbox.inner_text(".access-list")
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    inbox.wait_for_selector("text=an access that was granted before")
    inbox.keyboard.press("a")
    inbox.wait_for_selector("text=Approved.")
    assert acts() == 3

    assert look_again(page) == 200
    page.wait_for_selector("text=Granted, begins later")
    look(support, "extension-scheduled-phone")
    assert page.query_selector("button:has-text('Begin')") is None

    later = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    look_again(page)
    page.click("button:has-text('Begin')")
    page.wait_for_selector("text=Your access has begun")
    first = support.open(f"/access/requests/{grant.request_id}/")
    assert "Over" in first.inner_text("#request-state")


def test_a_question_is_answered_what_was_shown_before_it_decides_nothing_and_a_no_says_why(
    sits: Sits, desk: HelpDesk
) -> None:
    request = desk.asked()
    support, approver, other = sits(desk.sue), sits(desk.ann, width=390, scheme="dark"), sits(desk.abe)
    page = support.open(f"/access/requests/{request.pk}/")
    page.click(f"{field('nick')} button")
    outdated = other.open(f"/access/inbox/{request.pk}/")

    deciding = approver.open(f"/access/inbox/{request.pk}/")
    deciding.click("button:has-text('Ask back')")
    deciding.wait_for_selector("#fault")
    approver.complaints.clear()
    deciding.fill("#comment", "Which contract is it about?")
    deciding.click("button:has-text('Ask back')")
    deciding.wait_for_selector("text=Your question is with the requester.")
    look_again(page)
    page.wait_for_selector("text=Which contract is it about?")
    page.fill("#answer", "The one of last May, it says on her letter.")
    page.click("button:has-text('Answer')")
    page.wait_for_selector("text=Your answer is with the approvers.")

    outdated.keyboard.press("a")
    outdated.wait_for_selector("#fault")
    other.complaints.clear()  # the browser's own, of an answer that is no success
    assert "last May" in outdated.inner_text("main"), "who was not shown the answer is shown it now, and decides again"
    look(other, "decide-outdated")
    outdated.fill("#comment", "The contract is no matter of this desk.")
    outdated.click("button:has-text('Deny')")
    outdated.wait_for_selector("text=Denied; your comment is with the requester.")
    look_again(page)
    page.wait_for_selector("text=The contract is no matter of this desk.")


def test_what_was_revealed_leaves_the_screen_at_once_whatever_stops_the_access(sits: Sits, desk: HelpDesk) -> None:
    from governance.actions.freezes import freeze, unfreeze
    from governance.actions.grants import resume_grant, revoke_grant, suspend_grant
    from tests.userstore.helpdesk import ADA
    from tests.userstore.phonebook import given
    from userstore.actions.consents import change_consent

    grant, support = desk.granted(columns=[desk.name, desk.age]), sits(desk.sue)
    answer = support.page.goto(f"{support.address}/access/requests/{grant.request_id}/")
    assert answer is not None
    assert "no-store" in answer.headers["cache-control"]
    page, purpose = support.page, desk.purposes["authentication"].public_id

    def reveal() -> None:
        page.click(f"{field('nick')} button:visible")
        page.wait_for_selector(f"text={ADA}")

    def is_gone() -> bool:
        return ADA not in page.content()

    reveal()
    assert look_again(page) == 204 and not is_gone()
    frozen = freeze(desk.officer, kind="purpose", target_id=purpose)
    look_again(page)
    page.wait_for_selector("text=Access was stopped on purpose.")
    assert is_gone()
    look(support, "record-frozen")
    unfreeze(desk.officer, freeze_id=frozen.public_id)
    look_again(page)
    reveal()
    page.click(f"{field('age')} button:visible")
    page.wait_for_selector(f"{field('age')} .revealed")
    change_consent(desk.service, subject_id=desk.ada, purpose="authentication", permitted=False)
    assert look_again(page) == 204
    page.wait_for_selector("text=changed, or not to be shown any more")
    assert is_gone()
    assert page.query_selector(".revealed") is None
    look(support, "record-withdrawn")
    setter, again = desk.setter(desk.name), {"value": ADA, "purpose_additions": given("authentication")}
    desk.write(setter, desk.ada, {"nick": again})
    reveal()
    assert look_again(page) == 204 and not is_gone()
    suspend_grant(desk.officer, grant_id=grant.id, comment="Somebody looks into it.")
    look_again(page)
    page.wait_for_selector("text=Suspended")
    assert is_gone()
    resume_grant(desk.officer, grant_id=grant.id, comment="It was nothing.")
    page.evaluate(FIRST_CLOCK)
    look_again(page)
    reveal()
    assert re.fullmatch(r"\d+:\d\d", page.get_attribute("body", "data-first-clock") or ""), (
        "it says what is left at once"
    )
    page.route("**/access/requests/**", lambda route: route.abort())
    page.evaluate(LOOK)
    expect(page.locator(".record")).not_to_contain_text(ADA, timeout=15_000)
    page.unroute("**/access/requests/**")
    support.complaints.clear()
    look_again(page)
    reveal()
    page.goto(support.address + "/access/")
    page.go_back()
    assert is_gone(), "the browser keeps no page with a value"
    reveal()
    revoke_grant(desk.officer, grant_id=grant.id, comment="Enough.")
    page.wait_for_selector("text=Revoked")
    expect(page.locator(".record")).not_to_contain_text(ADA, timeout=15_000)
