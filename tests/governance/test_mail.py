"""Notices leave by e-mail, over a real server: once, again where they have to, and not at all."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import transaction

from audit.queries import entries
from governance.actions import deliveries
from governance.actions.accounts import change_operator
from governance.actions.addresses import masked_address
from governance.actions.deliveries import CLAIM
from governance.models import Account, Delivery, Notice
from keyring.actions import create_key, reseal_texts, texts_are_due
from keyring.keys import KeyKind
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.governance import outbox
from tests.governance.certificates import self_signed
from tests.governance.outbox import ABOUT, ADDRESS, NOW, Desk
from tests.governance.smtp_stage import MailServer, mail_server

pytestmark = pytest.mark.django_db
on_record = pytest.mark.django_db(transaction=True)
"""What the auditor reads is committed."""
begun, desk = beginning(Desk)
post_office = outbox.post_office
"""Fixtures."""


@on_record
def test_who_is_told_gets_an_e_mail_that_says_what_happened_and_nothing_of_anybody(
    desk: Desk, post_office: MailServer, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://sealbook.example.com"
    desk.told("request.submitted")

    assert desk.sent() and not desk.sent()

    ((to, message),) = post_office.taken
    assert to == [ADDRESS] and message["From"] == "sealbook@example.com"
    assert message["Subject"] == "[Sealbook] A request for temporary access waits"
    assert message["Message-ID"] == f"<{desk.row.pk}@sealbook.example.com>"
    body = message.get_payload()
    assert f"https://sealbook.example.com/access/inbox/{ABOUT}/" in body and desk.environment.name in body
    assert desk.ann.username not in body
    assert (desk.row.state, desk.row.attempts, desk.row.ended_at) == (Delivery.SENT, 1, NOW)
    (entry,) = desk.booked("notice.sent")
    assert entry.facts["account"] == str(desk.ann.pk) and ADDRESS not in entry.text


@on_record
def test_nothing_leaves_for_who_is_shut_out_or_gave_no_address_and_a_service_gets_none(
    desk: Desk, post_office: MailServer
) -> None:
    otto = Account.objects.create(username=f"otto-{uuid4().hex[:6]}", kind=Account.OPERATOR)
    service = Account.objects.create(username=f"service-{uuid4().hex[:6]}", kind=Account.SERVICE)
    desk.told("grant.expired")
    desk.told("grant.unused", account=otto)
    desk.told("grant.revoked", account=service)
    change_operator(NOBODY, account_id=desk.ann.pk, is_active=False, groups=[])

    while desk.sent():
        pass

    assert {row.kind: (row.state, row.fault) for row in desk.rows()} == {
        "grant.expired": (Delivery.GIVEN_UP, "shut out"),
        "grant.unused": (Delivery.GIVEN_UP, "no address"),
    }
    assert post_office.taken == [] and len(desk.booked("notice.given_up", "failed")) == 2


def test_an_address_outlives_the_key_that_it_was_sealed_under(desk: Desk) -> None:
    before = Account.objects.get(pk=desk.ann.pk).email
    with in_environment(SYSTEM_ENVIRONMENT):
        create_key(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.TEXT)

    reseal_texts(environment_id=SYSTEM_ENVIRONMENT)

    after = Account.objects.get(pk=desk.ann.pk).email
    assert after != before and not texts_are_due(environment_id=SYSTEM_ENVIRONMENT)
    assert masked_address(Account.objects.get(pk=desk.ann.pk)) == "a…@example.com"


def test_without_a_mail_server_there_is_nothing_to_send_and_the_notice_stays(desk: Desk, settings: Any) -> None:
    settings.EMAIL_HOST = ""

    desk.told("request.submitted")

    with in_environment(desk.environment.id):
        assert Notice.objects.filter(account=desk.ann).count() == 1
    assert desk.rows() == [] and not desk.sent()


def test_what_did_not_happen_sends_nothing(desk: Desk, post_office: MailServer) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        desk.told("request.submitted")
        raise ZeroDivisionError

    assert desk.rows() == [] and not desk.sent()


def test_who_dies_between_sending_and_putting_it_down_has_it_sent_again_under_the_same_id(
    desk: Desk, post_office: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    def die(*_: Any) -> None:
        raise Killed

    desk.told("request.submitted")
    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "_put_down_success", die)
        with pytest.raises(Killed):
            desk.sent()
    assert desk.row.state == Delivery.PENDING
    assert not desk.sent(now=NOW + CLAIM - timedelta(seconds=1)), "while it is claimed nobody else sends it"

    assert desk.sent(now=NOW + CLAIM)

    first, second = (message["Message-ID"] for _, message in post_office.taken)
    assert first == second
    assert (desk.row.state, desk.row.attempts) == (Delivery.SENT, 2)


@on_record
def test_what_somebody_is_claiming_just_now_nobody_else_waits_for(
    desk: Desk, post_office: MailServer, role_url: Callable[[str], str]
) -> None:
    desk.told("request.submitted")
    with psycopg.connect(role_url("superuser")) as other:
        other.execute("select 1 from governance_delivery for update")
        assert not desk.sent()
        other.rollback()

    assert desk.sent() and not desk.sent()


@on_record
@pytest.mark.parametrize(
    ("reply", "fault", "state"),
    [
        ("450 busy", "recipient refused", Delivery.PENDING),
        (f"550 no such user {ADDRESS}", "recipient refused", Delivery.GIVEN_UP),
    ],
    ids=["for now", "for good"],
)
def test_a_refused_recipient_is_tried_again_unless_it_is_for_good(
    desk: Desk, post_office: MailServer, reply: str, fault: str, state: str
) -> None:
    post_office.to_recipient = reply
    desk.told("request.submitted")

    desk.sent()

    assert (desk.row.state, desk.row.fault) == (state, fault)
    assert all(ADDRESS not in entry.text for entry in entries(environment_id=desk.environment.id, limit=50))


def test_a_server_without_tls_gets_no_message_where_tls_is_demanded(
    desk: Desk, post_office: MailServer, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    desk.told("request.submitted")

    desk.sent()

    assert (desk.row.state, desk.row.fault, post_office.taken) == (Delivery.PENDING, "no TLS", [])


def test_a_server_nobody_vouches_for_gets_no_message_and_one_that_is_known_does(
    desk: Desk, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path, "localhost")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    desk.told("request.submitted")
    with mail_server(tls=tls) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", server.port, True
        desk.told("request.submitted")
        desk.sent()
        assert (desk.row.fault, server.taken) == ("certificate", [])
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        desk.sent(now=desk.row.next_at)
        assert (desk.row.state, len(server.taken)) == (Delivery.SENT, 1)
