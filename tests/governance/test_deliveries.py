"""Notices leave for webhooks, to a real receiver: once, again where they have to, and not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from kombu.exceptions import OperationalError

from config.celery import app
from governance.actions import deliveries
from governance.actions import webhooks as actions_on_webhooks
from governance.actions.deliveries import (
    CLAIM,
    MOST_ATTEMPTS,
    forget_deliveries,
    retry_delivery,
)
from governance.actions.notices import leave_notices
from governance.actions.webhooks import define_webhook, issue_webhook_secret, retire_webhook
from governance.errors import Conflict, NotFound, Refused
from governance.identities import OPERATOR, Caller, system_caller
from governance.models import Account, Delivery, Webhook
from governance.tasks import deliver_notices
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance import outbox
from tests.governance.outbox import ABOUT, NOW, Desk, hooked
from tests.governance.remote import Remote

pytestmark = pytest.mark.django_db
on_record = pytest.mark.django_db(transaction=True)
"""What the auditor reads is committed."""
begun, desk = beginning(Desk)
receiver = outbox.receiver
"""Fixtures."""


def test_a_webhook_is_told_once_however_many_people_are_and_of_the_kinds_it_wants(desk: Desk, receiver: Remote) -> None:
    hooked(desk, receiver, kinds=["emergency.declared"])
    hooked(desk, receiver)
    others = [Account.objects.create(username=f"{name}-{uuid4().hex[:6]}") for name in ("abe", "amy")]
    told = [("emergency.declared", account.pk, ABOUT) for account in others]
    with in_environment(desk.environment.id):
        leave_notices([*told, ("request.denied", desk.ann.pk, ABOUT)], environment_id=desk.environment.id, now=NOW)

    while desk.sent():
        pass

    assert sorted(json.loads(asked["body"])["type"] for asked in receiver.asked) == [
        "emergency.declared",
        "emergency.declared",
        "request.denied",
    ]
    assert json.loads(receiver.asked[0]["body"])["data"]["environment"]["name"] == desk.environment.name


def test_a_webhook_is_told_where_there_is_nobody_to_tell(desk: Desk, receiver: Remote) -> None:
    hooked(desk, receiver)
    with in_environment(desk.environment.id):
        leave_notices([], happened=[("emergency.declared", ABOUT)], environment_id=desk.environment.id, now=NOW)

    assert desk.sent() and json.loads(receiver.asked[0]["body"])["data"]["id"] == str(ABOUT)


@on_record
def test_a_receiver_that_fails_is_tried_again_with_the_same_id_then_given_up_and_sent_when_an_officer_says_so(
    desk: Desk, receiver: Remote
) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    receiver.status = 500
    with pytest.raises(Conflict):
        retry_delivery(desk.system, delivery_id=desk.row.pk, now=NOW)
    at = NOW
    for _ in range(MOST_ATTEMPTS):
        assert desk.row.state == Delivery.PENDING and not desk.sent(now=at - timedelta(seconds=1))
        assert desk.sent(now=at)
        at = desk.row.next_at

    assert (desk.row.state, desk.row.fault, len(receiver.asked)) == (Delivery.GIVEN_UP, "status 500", MOST_ATTEMPTS)
    assert not desk.sent(now=at + timedelta(days=9))
    (entry,) = desk.booked("notice.given_up", "failed")
    assert entry.facts["reasons"] == ["not sent: status 500"]
    receiver.status = 204
    outsider = Caller(OPERATOR, desk.ann.id, desk.ann.id, desk.environment.id, desk.ann.username)
    with pytest.raises(Refused):
        retry_delivery(outsider, delivery_id=desk.row.pk, now=at)
    elsewhere = system_caller(cast.new_environment().id)
    with pytest.raises(NotFound):
        retry_delivery(elsewhere, delivery_id=desk.row.pk, now=at)
    retry_delivery(desk.system, delivery_id=desk.row.pk, now=at)
    assert desk.sent(now=at) and desk.row.state == Delivery.SENT
    assert len({asked["headers"]["webhook-id"] for asked in receiver.asked}) == 1


def test_a_receiver_that_wants_no_more_gets_no_more(desk: Desk, receiver: Remote) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    receiver.status = 410

    desk.sent()

    assert (desk.row.state, desk.row.fault) == (Delivery.GIVEN_UP, "status 410")


@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"]], ids=["the internet alone", "another network"])
def test_a_webhook_leads_nowhere_inside(desk: Desk, receiver: Remote, settings: Any, networks: list[str]) -> None:
    settings.GOVERNANCE_WEBHOOK_NETWORKS = networks
    hooked(desk, receiver)
    desk.told("request.submitted")

    desk.sent()

    assert (desk.row.state, desk.row.fault, receiver.asked) == (Delivery.PENDING, "address", [])


def test_no_redirect_is_followed(desk: Desk, receiver: Remote) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    receiver.status, receiver.headers = 307, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}

    desk.sent()

    assert [asked["path"] for asked in receiver.asked] == ["/hook"] and desk.row.fault == "status 307"


def test_a_webhook_without_a_secret_is_told_nothing_until_it_has_one(desk: Desk, receiver: Remote) -> None:
    webhook = define_webhook(desk.system, name="unsigned", url=f"http://127.0.0.1:{receiver.port}/hook")
    desk.told("request.submitted")
    desk.sent()
    assert (desk.row.fault, receiver.asked) == ("no secret", [])

    issue_webhook_secret(desk.system, public_id=webhook.public_id)
    desk.sent(now=desk.row.next_at)

    assert desk.row.state == Delivery.SENT


def test_a_try_that_ends_after_another_took_over_changes_nothing_but_a_success_counts(
    desk: Desk, receiver: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    receiver.status = 500
    real = deliveries.post

    def slow(*args: Any, **rest: Any) -> Any:
        monkeypatch.setattr(deliveries, "post", real)
        receiver.status = 200
        assert desk.sent(now=NOW + CLAIM), "the other one takes it over"
        receiver.status = 500
        return real(*args, **rest)

    monkeypatch.setattr(deliveries, "post", slow)

    desk.sent()

    assert (desk.row.state, desk.row.attempts, desk.row.fault) == (Delivery.SENT, 2, "")


def test_a_webhook_that_is_retired_while_a_message_is_on_its_way_ends_nothing_else(
    desk: Desk, receiver: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    real = deliveries._claimed

    def claimed_and_retired(*claim: Any) -> Any:
        claimed = real(*claim)
        with in_environment(desk.environment.id):
            webhook = Webhook.objects.get()
        retire_webhook(desk.system, public_id=webhook.public_id)
        return claimed

    monkeypatch.setattr(deliveries, "_claimed", claimed_and_retired)

    assert desk.sent() and (desk.rows(), receiver.asked) == ([], [])


def test_an_environment_has_so_many_webhooks_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions_on_webhooks, "MOST_WEBHOOKS", 2)
    for name in ("one", "two"):
        define_webhook(desk.system, name=name, url="https://desk.example.com/")

    with pytest.raises(Conflict, match="up to 2"):
        define_webhook(desk.system, name="three", url="https://desk.example.com/")


# --- By the clock ---


def test_environments_take_turns(desk: Desk, receiver: Remote) -> None:
    other = Desk()
    for each in (desk, other):
        hooked(each, receiver)
        each.told("request.submitted", "request.denied", "request.approved")

    assert deliver_notices() == 6

    told = [json.loads(asked["body"])["data"]["environment"]["id"] for asked in receiver.asked]
    assert [len(set(told[turn : turn + 2])) for turn in (0, 2, 4)] == [2, 2, 2]


def test_a_worker_is_called_to_what_was_left_and_without_a_broker_the_clock_comes(
    desk: Desk, receiver: Remote, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    hooked(desk, receiver)
    called: list[tuple[str, Any]] = []

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(app, "send_task", lambda name, args, **_: called.append((name, args)))
    with django_capture_on_commit_callbacks(execute=True):
        desk.told("request.submitted")
    ((name, arguments),) = called
    assert arguments == [str(desk.environment.id)], "nothing else travels through the broker"
    assert app.tasks[name].apply(args=arguments).get() == 1 and desk.row.state == Delivery.SENT
    monkeypatch.setattr(app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        desk.told("request.denied")
    assert deliver_notices() == 1
    assert {row.state for row in desk.rows()} == {Delivery.SENT}


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(desk: Desk, receiver: Remote, settings: Any) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    desk.sent()
    desk.told("request.denied")
    long = timedelta(days=settings.GOVERNANCE_DELIVERY_DAYS, seconds=1)

    assert (forget_deliveries(now=NOW), forget_deliveries(now=NOW + long)) == (0, 1)
    assert [row.kind for row in desk.rows()] == ["request.denied"]
