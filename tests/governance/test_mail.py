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
from governance.actions.addresses import masked_address, set_address
from governance.actions.deliveries import CLAIM
from governance.errors import Invalid
from governance.models import Account, Delivery, Notice
from governance.notices import mail
from keyring.actions import create_key, reseal_texts, texts_are_due
from keyring.keys import KeyKind
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.governance import outbox
from tests.governance.certificates import self_signed
from tests.governance.outbox import ABOUT, ADDRESS, NOW, Desk
from tests.governance.smtp_stage import MailServer, endless_server, mail_server

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


@pytest.mark.parametrize(
    ("greeting", "goes_on_with", "fault"),
    [
        (b"220-", b"x", "time"),
        (b"220 mail\r\n", b"250-more\r\n", "time"),
        (b"220 mail\r\n", b"250-m\r\n" * 4096, "connection"),
    ],
    ids=["a greeting that drips", "features without an end", "a flood of features"],
)
def test_a_server_that_never_comes_to_its_end_is_hung_up_on(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch, greeting: bytes, goes_on_with: bytes, fault: str
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3 if fault == "time" else 30.0)
    with endless_server(greeting, goes_on_with) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        desk.told("request.submitted")
        desk.told("request.denied")

        assert desk.sent() and not desk.sent(), "what goes to the same server waits as well"

    assert {(row.state, row.fault) for row in desk.rows()} == {(Delivery.PENDING, fault), (Delivery.PENDING, "")}


def test_an_endless_server_is_hung_up_on_in_the_middle_of_its_handshake(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3)
    header = b"\x16\x03\x03\x3f\xff"  # a record of a handshake that takes its time
    with endless_server(header, b"\x00") as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_SSL = "127.0.0.1", port, True
        desk.told("request.submitted")

        desk.sent()

    assert (desk.row.state, desk.row.fault) == (Delivery.PENDING, "time")


def test_a_message_that_cannot_even_be_written_keeps_no_other_from_leaving(desk: Desk, post_office: MailServer) -> None:
    odd = Account.objects.create(username=f"odd-{uuid4().hex[:6]}", kind=Account.OPERATOR)
    hidden = "=?utf-8?q?a=0Ab?=@example.com"
    with in_environment(SYSTEM_ENVIRONMENT):  # as one that an earlier version has taken
        odd.email = hidden
        odd.save(update_fields=["email"])
    desk.told("grant.expired", account=odd)
    desk.told("grant.unused")

    assert desk.sent() and desk.sent() and not desk.sent()

    assert {row.kind: (row.state, row.fault) for row in desk.rows()} == {
        "grant.expired": (Delivery.GIVEN_UP, "recipient refused"),
        "grant.unused": (Delivery.SENT, ""),
    }


def test_what_nobody_foresaw_is_tried_again_and_keeps_no_other_from_leaving(
    desk: Desk, post_office: MailServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*args: Any, kind: str, **rest: Any) -> None:
        if kind == "grant.expired":
            raise RuntimeError("out of the blue")
        mail.send_mail(*args, kind=kind, **rest)

    monkeypatch.setattr("governance.actions.deliveries.send_mail", send)
    desk.told("grant.expired")
    desk.told("grant.unused")

    assert desk.sent() and desk.sent() and not desk.sent()

    assert {row.kind: (row.state, row.fault) for row in desk.rows()} == {
        "grant.expired": (Delivery.PENDING, "failed"),
        "grant.unused": (Delivery.SENT, ""),
    }
    assert "a message could not be sent" in caplog.messages


@pytest.mark.parametrize("address", ["=?utf-8?q?a=0Ab?=@example.com", '"a b"@example.com', "a@b@example.com"])
def test_an_address_that_no_message_can_be_sent_to_is_none(desk: Desk, address: str) -> None:
    with pytest.raises(Invalid, match="no e-mail address"):
        set_address(NOBODY, account_id=desk.ann.pk, address=address)
    for plain in ("o'brien+x@example.com", "Ann.Example@Mail.Example.COM"):
        set_address(NOBODY, account_id=desk.ann.pk, address=plain)


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
