"""The page on which somebody hands their access on: what it offers, what it shows once, and to whom it belongs."""

from __future__ import annotations

import re

import pytest

from governance.models import Delegation
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.handing import WHY, HandingDesk
from tests.userstore.test_staff_pages import browser_of

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(HandingDesk)


def test_access_is_handed_on_shown_once_and_ended(desk: HandingDesk) -> None:
    grant = desk.granted(columns=[desk.name, desk.age])
    own, page = browser_of(desk, desk.sue), f"/access/requests/{grant.request_id}/hand-on"
    sent = {"step": "offer", "client": str(desk.bot.client.public_id), "minutes": "5", "columns": [str(desk.age)]}
    assert page in own.get(f"/access/requests/{grant.request_id}/").content.decode()
    assert "answer-bot" in own.get(page).content.decode()

    short = own.post(page, {**sent, "justification": "because"})
    handed = own.post(page, {**sent, "justification": WHY})

    assert short.status_code == 422
    code = re.findall(r'id="code"[^>]*>([\w-]+)<', handed.content.decode())
    assert len(code) == 1 and "no-store" in handed["Cache-Control"]
    later = own.get(page).content.decode()
    assert code[0] not in later and "not taken yet" in later
    with in_environment(desk.environment.id):
        row = Delegation.objects.get()
    assert (row.columns, row.minutes) == ([desk.age], 5)
    assert own.post(page, {"step": "end", "delegation": str(row.pk)}).status_code == 302
    assert own.post(page, {"step": "end", "delegation": str(row.pk)}).status_code == 403
    for caller in (desk.otto, desk.ann, desk.sam):
        assert browser_of(desk, caller).get(page).status_code == 404
        assert browser_of(desk, caller).post(page, {**sent, "justification": WHY}).status_code == 404


def test_where_a_rule_asks_for_a_factor_the_page_leads_to_its_proof(desk: HandingDesk) -> None:
    grant = desk.granted()
    desk.rule(factor_minutes=5)
    page = f"/access/requests/{grant.request_id}/hand-on"
    sent = {"client": str(desk.bot.client.public_id), "minutes": "5", "columns": [str(desk.name)]}

    led = browser_of(desk, desk.sue).post(page, {**sent, "justification": WHY})

    assert led.status_code == 302 and "hand-on" in led["Location"] and "second-factor" in led["Location"]
