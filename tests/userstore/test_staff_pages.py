"""The staff pages without a browser: whose they are, what they leave out, and what they say of a refusal."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from governance.actions.policies import Branch, publish_policy
from governance.actions.rights import give_right
from governance.identities import Caller
from governance.policies.templates import native_templates
from governance.portal import deciding
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from userstore.actions.erasing import erase_subject

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(HelpDesk)


def browser_of(desk: HelpDesk, caller: Caller) -> Browser:
    browser = Browser()
    browser.force_login(desk.account(caller), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_the_inbox_holds_what_one_may_decide_on_and_says_how_much_more_waits(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "SHOWN", 2)
    for _ in range(3):
        desk.asked()

    inbox = browser_of(desk, desk.ann).get("/access/inbox/").content.decode()

    assert inbox.count("/access/inbox/") - inbox.count('href="/access/inbox/"') == 2
    assert "1 more waits" in inbox
    outsider = browser_of(desk, desk.otto).get("/access/inbox/").content.decode()
    assert "Nothing waits for you" in outsider


def test_where_a_request_stands_is_told_only_when_it_changes_and_to_whom_it_belongs(desk: HelpDesk) -> None:
    grant = desk.granted()
    page, own = f"/access/requests/{grant.request_id}/", browser_of(desk, desk.sue)
    shown = own.get(page)
    known = shown.content.decode().partition('id="known" value="')[2].partition('"')[0]

    assert "no-store" in shown["Cache-Control"]
    assert own.get(page, {"known": known}).status_code == 204
    assert own.get(page, {"known": "another"}).status_code == 200
    for caller in (desk.otto, desk.ann, desk.sam):
        assert browser_of(desk, caller).get(page, {"known": known}).status_code == 404
    assert Browser().get(page).status_code == 302


def test_a_page_learns_that_the_person_was_erased(desk: HelpDesk) -> None:
    grant = desk.granted()
    page, own = f"/access/requests/{grant.request_id}/", browser_of(desk, desk.sue)
    before = own.get(page).content.decode()
    known = before.partition('id="known" value="')[2].partition('"')[0]
    give_right(desk.system, holder=desk.account(desk.auditor), operation="erase", on=desk.environment)
    erase_subject(desk.auditor, subject_id=desk.ada)

    after = own.get(page, {"known": known}, headers={"HX-Target": "request-state"})

    assert "data-opens" in before
    assert after.status_code == 200
    assert "data-opens" not in after.content.decode()


def test_a_refused_extension_leads_to_why(desk: HelpDesk) -> None:
    grant, own = desk.granted(minutes=60), browser_of(desk, desk.sue)
    asked = {"minutes": "60", "justification": "short"}

    told = own.post(f"/access/requests/{grant.request_id}/extend", asked, follow=True).content.decode()

    decision = told.partition("/access/decisions/")[2].partition("/")[0]
    why = own.get(f"/access/decisions/{decision}/")
    assert why.status_code == 200
    assert "guard: " in why.content.decode()
    assert browser_of(desk, desk.otto).get(f"/access/decisions/{decision}/").status_code == 404


def test_a_policy_that_admits_programs_alone_is_told_before_asking_and_again_in_place_of_the_field(
    desk: HelpDesk,
) -> None:
    template = native_templates()["AuthenticatedClient"].id
    programs = publish_policy(
        desk.system, name="programs", policy_type="composite_and", components=[Branch(template=template)]
    )
    accessor, own = desk.getter(desk.name, policy=programs.public_id), browser_of(desk, desk.sue)

    warned = own.get(f"/access/new/{accessor}/").content.decode()
    usual = own.get(f"/access/new/{desk.record}/").content.decode()
    grant = desk.granted(accessor_id=accessor, columns=[desk.name])
    field = {"subject": str(desk.ada), "column": str(desk.name)}
    revealed = own.post(f"/access/requests/{grant.request_id}/reveal", field).content.decode()

    assert "It would show you nothing" in warned and "AuthenticatedClient: refuses" in warned
    assert "It would show you nothing" not in usual
    assert "Its access policy does not let it through." in revealed and "Ada" not in revealed
    decision = revealed.partition("/access/decisions/")[2].partition("/")[0]
    assert "AuthenticatedClient: refuses" in own.get(f"/access/decisions/{decision}/").content.decode()
