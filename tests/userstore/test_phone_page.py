"""The pages of a call without a browser: whose they are, and what they say and leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from tests.beginnings import beginning
from tests.governance.smtp_stage import MailServer
from tests.userstore.helpdesk import ADA
from tests.userstore.phonedesk import PhoneDesk, code_in, letters_taken
from tests.userstore.test_staff_pages import browser_of

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(PhoneDesk)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with letters_taken(settings) as server:
        yield server


def test_a_call_is_its_operators_alone_and_tells_of_nobody_before_the_code(desk: PhoneDesk, post: MailServer) -> None:
    own = browser_of(desk, desk.sue)
    start = own.get("/access/phone/", follow=True)
    page = f"/access/phone/{desk.own}/"
    assert start.redirect_chain[-1][0] == page
    sent = own.post(page, {"subjects": [str(desk.ada)]}, follow=True)
    call = sent.redirect_chain[-1][0]
    waiting = sent.content.decode()
    assert "a code is on its way" in waiting
    assert "ada@example.com" not in waiting
    assert ADA not in waiting
    assert str(desk.ada) not in call + waiting
    wrong = own.post(f"{call}code", {"code": "0000 0000"}, follow=True).content.decode()
    assert "This is not the code." in wrong
    assert "4 tries are left" in wrong

    opened = own.post(f"{call}code", {"code": code_in(post)}, follow=True).content.decode()
    assert "data-opens" in opened
    assert ADA not in opened
    known = opened.partition('id="known" value="')[2].partition('"')[0]
    assert own.get(call, {"known": known}).status_code == 204
    shown = own.post(f"{call}reveal", {"column": str(desk.name)})
    assert ADA in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert own.post(f"{call}reveal", {"column": str(desk.mail)}).status_code == 404

    for caller in (desk.sam, desk.ann, desk.otto):
        other = browser_of(desk, caller)
        answers = [other.get(call), other.post(f"{call}end"), other.post(f"{call}reveal", {"column": str(desk.name)})]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert browser_of(desk, desk.otto).get(page).status_code == 404
    assert Browser().get(call).status_code == 302

    ended = own.post(f"{call}end", follow=True).content.decode()
    assert "This call is over." in ended
    assert ADA not in own.post(f"{call}reveal", {"column": str(desk.name)}).content.decode()


def test_without_a_person_or_a_mail_server_the_form_says_what_helps(desk: PhoneDesk, settings: Any) -> None:
    own, page = browser_of(desk, desk.sue), f"/access/phone/{desk.own}/"
    assert "Find the person first." in own.post(page, {}).content.decode()
    settings.EMAIL_HOST = ""
    assert "SEALBOOK_MAIL_URL" in own.post(page, {"subjects": [str(desk.ada)]}).content.decode()
    assert "Nobody can be helped" in browser_of(desk, desk.otto).get("/access/phone/").content.decode()
