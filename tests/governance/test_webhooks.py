"""Webhooks: where they may lead, what signs their messages, and who may define them."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from audit.queries import entries
from governance.actions import webhooks
from governance.actions.deliveries import keys_of
from governance.actions.webhooks import (
    TRIES_A_MINUTE,
    accept_webhook_secret,
    change_webhook,
    define_webhook,
    forget_former_secrets,
    issue_webhook_secret,
    retire_webhook,
    try_webhook,
)
from governance.errors import Conflict, Invalid, NotFound, Refused, TooOften
from governance.identities import OPERATOR, Caller
from governance.models import Account, Webhook, WebhookSecret
from governance.notices.posting import post
from governance.notices.signing import key_in, new_webhook_secret, signed_headers
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance.office import Office, new_office
from tests.governance.remote import Remote, remote

pytestmark = pytest.mark.django_db
on_record = pytest.mark.django_db(transaction=True)
"""What the auditor reads is committed."""
begun, office = beginning(new_office)

URL = "https://desk.example.com/sealbook"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Remote]:
    settings.GOVERNANCE_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with remote() as server:
        yield server


def defined(office: Office, **asked: Any) -> UUID:
    return define_webhook(office.system, **{"name": f"hook-{uuid4().hex[:6]}", "url": URL, **asked}).public_id


def signs(secret: str, asked: dict[str, Any]) -> bool:
    """The check of a receiver, written from the specification."""
    headers = asked["headers"]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{asked['body']}".encode()
    made = hmac.new(b64decode(secret.split("_", 1)[1]), content, sha256).digest()
    return f"v1,{b64encode(made).decode()}" in headers["webhook-signature"].split(" ")


def test_a_signature_is_that_of_the_specification() -> None:
    # The example in the documentation of Svix, from which Standard Webhooks was made.
    key = key_in("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert key is not None
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', keys=[key], at=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_short", "whsec_!!!!", b64encode(b"k" * 32).decode(), "whsec_é"])
def test_what_is_no_secret_signs_nothing(text: str) -> None:
    assert key_in(text) is None
    assert key_in(new_webhook_secret().reveal()) is not None


@pytest.mark.parametrize(
    "url",
    [
        *("", "desk.example.com", "http://desk.example.com/", "https://", "ftp://desk.example.com/"),
        *("https://u:p@desk.example.com/", "https://desk.example.com/#part", "https://desk example.com/"),
        *("https://desk.example.com:0/", "https://desk.example.com:99999/", "https:\\\\desk.example.com"),
        *("https://désk.example.com/", f"https://desk.example.com/{'x' * 2048}"),
    ],
)
def test_an_address_is_https_and_nothing_else(office: Office, url: str) -> None:
    with pytest.raises(Invalid) as error:
        define_webhook(office.system, name="hook", url=url)
    assert error.value.field == "url"


@on_record
def test_who_may_configure_defines_changes_and_retires_and_nobody_else(office: Office) -> None:
    public_id = defined(office, name="desk", kinds=["request.denied", "request.denied"])
    with pytest.raises(Conflict):
        defined(office, name="Desk")
    with pytest.raises(Invalid, match="no such kind"):
        defined(office, kinds=["nothing.happened"])
    with pytest.raises(Refused):
        define_webhook(office.support, name="mine", url=URL)
    with pytest.raises(Refused, match="not allowed"):
        define_webhook(office.author, name="mine", url=URL)  # protected: it takes a second person
    secret = issue_webhook_secret(office.system, public_id=public_id)
    changed = change_webhook(office.system, public_id=public_id, name="desk", url=f"{URL}/2")
    assert (changed.url, changed.kinds) == (f"{URL}/2", [])

    retire_webhook(office.system, public_id=public_id)

    with in_environment(office.environment.id):
        assert not Webhook.objects.exists() and not WebhookSecret.objects.exists()
        assert not WrappedKey.objects.filter(scope="webhook secret").exists()
    for action in (retire_webhook, issue_webhook_secret):
        with pytest.raises(NotFound):
            action(office.system, public_id=public_id)
    book = "".join(entry.text for entry in entries(environment_id=office.environment.id, limit=100))
    assert "webhook.retired" in book and "desk.example.com" in book
    assert URL not in book and secret.reveal() not in book


def test_while_a_secret_is_renewed_both_sign_and_then_the_new_one_alone(office: Office, receiver: Remote) -> None:
    now = timezone.now()
    public_id = defined(office, url=f"http://127.0.0.1:{receiver.port}/hook")
    secrets = [issue_webhook_secret(office.system, public_id=public_id).reveal() for _ in range(3)]

    def signing(at: datetime) -> list[bool]:
        assert try_webhook(office.system, public_id=public_id, now=at).fault == ""
        return [signs(secret, receiver.asked[-1]) for secret in secrets]

    assert signing(now) == [False, True, True]
    assert signing(now + timedelta(hours=25)) == [False, False, True]
    assert forget_former_secrets(now=now) == 0
    assert forget_former_secrets(now=now + timedelta(hours=25)) == 1
    with in_environment(office.environment.id):
        assert WrappedKey.objects.filter(scope="webhook secret").count() == 1
        assert len(keys_of(Webhook.objects.get(public_id=public_id), now=now)) == 1
    for wrong in ("whsec_short", secrets[0][6:]):
        with pytest.raises(Invalid):
            accept_webhook_secret(office.system, public_id=public_id, secret=wrong)


@on_record
def test_a_test_says_what_came_of_it_and_is_on_record(office: Office, receiver: Remote) -> None:
    public_id = defined(office, url=f"http://127.0.0.1:{receiver.port}/hook?key=k")
    now = timezone.now()
    assert try_webhook(office.system, public_id=public_id, now=now).fault == "no secret"
    issue_webhook_secret(office.system, public_id=public_id)

    good = try_webhook(office.author, public_id=public_id, now=now)
    receiver.status = 503
    bad = try_webhook(office.author, public_id=public_id, now=now)

    assert (good.status, good.fault, bad.status, bad.fault) == (200, "", 503, "status 503")
    sent = json.loads(receiver.asked[0]["body"])
    assert sent["type"] == "webhook.test" and sent["data"]["environment"]["name"] == office.environment.name
    assert receiver.asked[0]["path"] == "/hook?key=k"
    with pytest.raises(Refused):
        try_webhook(office.support, public_id=public_id, now=now)
    with pytest.raises(NotFound):
        try_webhook(office.system, public_id=uuid4(), now=now)
    elsewhere = Account.objects.create(username=f"else-{uuid4().hex[:6]}", kind=Account.OPERATOR)
    other = cast.new_environment()
    with pytest.raises(Refused):
        try_webhook(Caller(OPERATOR, elsewhere.id, elsewhere.id, other.id, "else"), public_id=public_id, now=now)
    recorded = entries(environment_id=office.environment.id, kinds=["webhook.tried"], limit=10)
    assert [entry.outcome for entry in recorded] == ["refused", "failed", "done", "failed"]
    assert all("/hook" not in entry.text for entry in recorded)


@on_record
def test_a_test_waits_for_its_receiver_outside_any_transaction_and_so_often_a_minute(
    office: Office, receiver: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id, now = defined(office, url=f"http://127.0.0.1:{receiver.port}/hook"), timezone.now() + timedelta(hours=1)
    issue_webhook_secret(office.system, public_id=public_id)
    was_open: list[bool] = []

    def watched(*asked: Any, **rest: Any) -> Any:
        was_open.append(connection.in_atomic_block)
        return post(*asked, **rest)

    monkeypatch.setattr(webhooks, "post", watched)
    for _ in range(TRIES_A_MINUTE):
        assert try_webhook(office.author, public_id=public_id, now=now).status == 200

    with pytest.raises(TooOften) as often:
        try_webhook(office.system, public_id=public_id, now=now)

    assert 0 < often.value.wait <= 60 and was_open == [False] * TRIES_A_MINUTE
    assert try_webhook(office.system, public_id=public_id, now=now + timedelta(minutes=1)).status == 200
    (entry,) = entries(environment_id=office.environment.id, kinds=["webhook.tried"], outcome="refused")
    assert entry.facts["reasons"] == ["limit: tries of webhooks"]


def test_a_second_person_approves_a_webhook_and_its_secret_without_seeing_it(office: Office) -> None:
    change = office.propose("define_webhook", name="desk", url=URL)
    office.approve(change)
    with in_environment(office.environment.id):
        webhook = Webhook.objects.get(name="desk")
    secret = new_webhook_secret().reveal()

    waiting = office.propose("accept_webhook_secret", public_id=str(webhook.public_id), secret=secret)

    shown = json.dumps([str(difference) for difference in office.differences(waiting)])
    assert "secret" in shown and secret not in shown and secret[6:] not in shown
    office.approve(waiting)
    with in_environment(office.environment.id):
        assert keys_of(webhook, now=timezone.now()) == [key_in(secret)]
