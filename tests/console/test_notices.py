"""Webhooks, what was sent, and the addresses of operators, through their pages."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.actions import webhooks
from governance.actions.addresses import masked_address
from governance.actions.deliveries import deliver_next
from governance.actions.notices import leave_notices
from governance.models import Account, Delivery, Webhook, WebhookSecret
from governance.notices.posting import post
from keyring.walls import current_environment, in_environment
from tests import cast
from tests.console.people import PASSWORD, Console
from tests.console.test_definitions import facts_of, is_gone, send, stored
from tests.governance.remote import remote

ADDRESS = "officer.at.work@example.com"
PAGE = "/notices/address/"


def test_an_officer_defines_a_webhook_signs_tries_and_retires_it(
    console: Console, as_officer: Browser, as_support: Browser, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[UUID | None] = []

    def watched(*asked: Any, **rest: Any) -> Any:
        entered.append(current_environment())
        return post(*asked, **rest)

    monkeypatch.setattr(webhooks, "post", watched)
    settings.GOVERNANCE_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with remote() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        wrong = as_officer.post("/admin/governance/webhook/add/", {"name": "desk", "url": "http://desk.example.com"})
        assert "A webhook has an https address without a user." in wrong.content.decode()
        send(as_officer, "governance/webhook/add/", {"name": "desk", "url": url, "kinds": ["request.denied"]})
        webhook = stored(console, Webhook, name="desk")
        assert (webhook.kinds, facts_of(console, "webhook.defined")["host"]) == (["request.denied"], "127.0.0.1")
        page = f"/admin/governance/webhook/{webhook.pk}"
        assert "no secret yet" in as_officer.get("/admin/governance/webhook/").content.decode()
        assert "whsec_" not in as_officer.get(f"{page}/new_secret/").content.decode()
        once = as_officer.post(f"{page}/new_secret/").content.decode()
        (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", once)
        for other in ("/", f"/{webhook.pk}/change/", f"/{webhook.pk}/new_secret/"):
            assert secret not in as_officer.get(f"/admin/governance/webhook{other}").content.decode()
        assert "127.0.0.1" in as_officer.get(f"{page}/send_test/").content.decode() and receiver.asked == []
        assert "status 200" in as_officer.post(f"{page}/send_test/", follow=True).content.decode()
        receiver.status = 500
        assert "not taken: status 500" in as_officer.post(f"{page}/send_test/", follow=True).content.decode()
        assert len(receiver.asked) == 2 and entered == [None, None], "no transaction waits with the page"
        for path in ("", "add/", f"{webhook.pk}/new_secret/", f"{webhook.pk}/send_test/"):
            assert as_support.get(f"/admin/governance/webhook/{path}").status_code == 403, path
    send(as_officer, f"governance/webhook/{webhook.pk}/delete/", {"post": "yes"})
    assert is_gone(console, Webhook, name="desk") and is_gone(console, WebhookSecret)


def test_the_board_shows_what_left_and_what_did_not_and_sends_it_once_more(
    console: Console, as_officer: Browser, as_support: Browser, settings: Any
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "Nothing has left yet" in as_officer.get("/admin/notices/").content.decode()
    now, about = timezone.now(), uuid4()
    with in_environment(console.environment.id):
        leave_notices([("review.overdue", console.officer.pk, about)], environment_id=console.environment.id, now=now)
    assert deliver_next(console.environment.id, now=now)
    shown = as_officer.get("/admin/notices/?state=given_up").content.decode()
    assert "A review is overdue" in shown and "no address" in shown and console.officer.username in shown
    assert "A review is overdue" not in as_officer.get("/admin/notices/?state=sent").content.decode()
    row = stored(console, Delivery)
    retry = f"/admin/notices/{row.pk}/retry/"
    assert as_support.get("/admin/notices/").status_code == as_support.post(retry).status_code == 403
    assert as_officer.get(retry).status_code == 405
    assert as_officer.post(retry).status_code == 302
    assert stored(console, Delivery).state == Delivery.PENDING
    assert console.booked("notice.retried")[0].actor.id == console.officer.id
    assert "was not given up" in as_officer.post(retry, follow=True).content.decode()
    assert "no such message" in as_officer.post(f"/admin/notices/{uuid4()}/retry/", follow=True).content.decode()


def test_another_environments_officer_sees_none_of_it(console: Console, as_officer: Browser, settings: Any) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    other = cast.new_environment()
    with in_environment(other.id):
        leave_notices([("review.overdue", console.officer.pk, uuid4())], environment_id=other.id, now=timezone.now())
        theirs = Delivery.objects.get()
    assert "A review is overdue" not in as_officer.get("/admin/notices/").content.decode()
    as_officer.post(f"/admin/notices/{theirs.pk}/retry/")
    assert console.booked("notice.retried") == []


def test_an_operator_says_where_their_notices_go_knowing_their_password(console: Console, as_support: Browser) -> None:
    assert Browser().get(PAGE).status_code == 302
    assert "given no address" in as_support.get(PAGE).content.decode()
    for wrong, said in (
        ({"email": ADDRESS, "password": "not it"}, "password is not right"),
        ({"email": "nobody", "password": PASSWORD}, "This is no e-mail address."),
        ({"email": f"{ADDRESS}\r\nBcc: x@example.com", "password": PASSWORD}, "This is no e-mail address."),
    ):
        assert said in as_support.post(PAGE, wrong).content.decode()
    assert Account.objects.get(pk=console.support.pk).email is None

    shown = as_support.post(PAGE, {"email": ADDRESS, "password": PASSWORD}).content.decode()

    assert "o…@example.com" in shown and ADDRESS not in shown
    (entry,) = console.booked_at_the_door("account.address_set")
    assert entry.facts["has_address"] is True and "example.com" not in entry.text
    as_support.post(PAGE, {"forget": "yes", "password": PASSWORD})
    assert masked_address(Account.objects.get(pk=console.support.pk)) == ""


def test_who_has_a_second_factor_proves_it_before_their_address_changes(
    console: Console, as_support: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.actions.addresses.is_enrolled", lambda **_: True)
    led = as_support.post(PAGE, {"email": ADDRESS, "password": PASSWORD})
    assert led.status_code in (302, 403) and Account.objects.get(pk=console.support.pk).email is None


def test_a_superuser_says_it_for_somebody_and_never_reads_it(console: Console, as_officer: Browser) -> None:
    as_superuser = console.proven(console.superuser)
    page = f"governance/account/{console.support.pk}/change/"
    send(as_superuser, page, {"is_active": "on", "email": ADDRESS})
    shown = as_superuser.get(f"/admin/{page}").content.decode()
    assert "o…@example.com" in shown and ADDRESS not in shown
    send(as_superuser, page, {"is_active": "on"})
    assert masked_address(Account.objects.get(pk=console.support.pk)) == "o…@example.com", "empty: it stays"
    assert "This is no e-mail address." in as_superuser.post(f"/admin/{page}", {"email": "x"}).content.decode()
    assert as_officer.get(f"/admin/{page}").status_code == 403
    send(as_superuser, page, {"is_active": "on", "forgets_email": "on"})
    assert Account.objects.get(pk=console.support.pk).email is None
