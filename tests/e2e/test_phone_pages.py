"""Somebody is on the phone, in a browser: found, sent a code, shown what they may see of themselves, and hung up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.beginnings import beginning
from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import field, find_ada, look, look_again

if TYPE_CHECKING:
    from governance.identities import Caller
    from tests.userstore.phonedesk import PhoneDesk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def new_phone_desk() -> PhoneDesk:
    from tests.userstore.phonedesk import PhoneDesk

    return PhoneDesk()


begun, desk = beginning(new_phone_desk)


def test_who_is_on_the_phone_reads_a_code_and_support_sees_what_they_may_see_until_it_ends(
    sits: Callable[..., Visitor], desk: PhoneDesk, settings: Any
) -> None:
    from tests.userstore.phonedesk import code_in, letters_taken

    with letters_taken(settings) as post:
        support = sits(desk.sue, width=390)
        page = support.open("/access/")
        page.click("text=On the phone")
        find_ada(page)
        look(support, "phone-found")
        page.click("button:has-text('Send the code')")
        page.wait_for_selector("text=a code is on its way")
        look(support, "phone-code")
        assert look_again(page) == 204
        page.fill("#code", code_in(post))
        page.keyboard.press("Enter")
        page.wait_for_selector("text=That is the code.")
        page.click(f"{field('nick')} button")
        page.wait_for_selector("text=Ada Lovelace")
        page.click(f"{field('age')} button")
        page.wait_for_selector(f"{field('age')} .revealed")
        look(support, "phone-record")
        assert len(post.taken) == 2
        officer = sits(new_officer(desk), width=390)
        calls = officer.open("/admin/access/phone/")
        calls.wait_for_selector("text=the record is open")
        look(officer, "phone-calls")
        calls.select_option("select[name=why]", "wrong_person")
        calls.click("button:has-text('End now')")
        calls.wait_for_selector("text=Nobody acts for a person on the phone")
        look(officer, "phone-calls-over")
        page.wait_for_selector("text=This call is over.")
        assert "Ada" not in page.inner_text("main")
        look(support, "phone-over")


def new_officer(desk: PhoneDesk) -> Caller:
    from governance.actions.rights import give_right

    account = desk.account(desk.amy)
    account.is_staff = True
    account.save()
    for operation in ("configure", "audit"):
        give_right(desk.system, holder=account, operation=operation, on=desk.environment)
    return desk.amy
