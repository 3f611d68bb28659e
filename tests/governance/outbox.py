"""A desk at which somebody is told things, a mail server and a receiver that they leave for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.queries import EntryView, entries
from governance.actions.addresses import set_address
from governance.actions.deliveries import deliver_next
from governance.actions.notices import leave_notices
from governance.actions.webhooks import define_webhook, issue_webhook_secret
from governance.identities import system_caller
from governance.models import Account, Delivery, Environment
from keyring.walls import in_environment
from tests import cast
from tests.cast import NOBODY
from tests.governance.remote import Remote, remote
from tests.governance.smtp_stage import MailServer, mail_server

NOW: datetime = timezone.now()
ADDRESS = "ann@example.com"
ABOUT = uuid4()


class Desk:
    """An environment with somebody who is told things at an address, and an officer's rights."""

    def __init__(self) -> None:
        self.environment: Environment = cast.new_environment()
        self.system = system_caller(self.environment.id)
        self.ann = Account.objects.create(username=f"ann-{uuid4().hex[:6]}", kind=Account.OPERATOR)
        set_address(NOBODY, account_id=self.ann.pk, address=ADDRESS)

    def told(self, *kinds: str, account: Account | None = None) -> None:
        """Something happens, and somebody is told."""
        who = (account or self.ann).pk
        with in_environment(self.environment.id):
            leave_notices([(kind, who, ABOUT) for kind in kinds], environment_id=self.environment.id, now=NOW)

    def sent(self, *, now: datetime = NOW) -> bool:
        return deliver_next(self.environment.id, now=now)

    def rows(self) -> list[Delivery]:
        with in_environment(self.environment.id):
            return list(Delivery.objects.order_by("created_at", "pk"))

    @property
    def row(self) -> Delivery:
        (row,) = self.rows()
        return row

    def booked(self, kind: str, outcome: str = "done") -> list[EntryView]:
        return entries(environment_id=self.environment.id, kinds=[kind], outcome=outcome)


@pytest.fixture
def post_office(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.EMAIL_TIMEOUT = 2
        settings.DEFAULT_FROM_EMAIL = "sealbook@example.com"
        yield server


@pytest.fixture
def receiver(settings: Any) -> Iterator[Remote]:
    settings.GOVERNANCE_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with remote() as server:
        yield server


def hooked(desk: Desk, receiver: Remote, **asked: Any) -> None:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    webhook = define_webhook(desk.system, name=f"hook-{uuid4().hex[:6]}", url=url, **asked)
    issue_webhook_secret(desk.system, public_id=webhook.public_id)
