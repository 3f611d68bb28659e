"""Whose address for notices changes is told so at the former one: once, whoever they are, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.actions.accounts import change_operator
from governance.actions.addresses import MOST_TOLD_AN_HOUR, set_address
from governance.actions.deliveries import deliver_next, forget_deliveries, retry_delivery
from governance.actions.webhooks import define_webhook
from governance.errors import Invalid
from governance.identities import system_caller
from governance.models import Delivery, Environment, FormerAddress
from keyring.actions import create_key, reseal_texts, texts_are_due
from keyring.keys import KeyKind
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.governance import outbox
from tests.governance.outbox import ADDRESS, NOW, Desk, hooked
from tests.governance.remote import Remote
from tests.governance.smtp_stage import MailServer

pytestmark = pytest.mark.django_db
begun, desk = beginning(Desk)
post_office, receiver = outbox.post_office, outbox.receiver
"""Fixtures."""
ELSEWHERE, SOON = "else@example.com", NOW + timedelta(hours=2)  # a whole run is over by then


def moved(desk: Desk, address: str = ELSEWHERE) -> None:
    set_address(NOBODY, account_id=desk.ann.pk, address=address)


def oldest() -> UUID:
    return Environment.objects.order_by("created_at", "pk").values_list("pk", flat=True)[0]


def sent() -> bool:
    return deliver_next(oldest(), now=SOON)


def waiting() -> list[Delivery]:
    with in_environment(oldest()):
        return list(Delivery.objects.filter(kind="account.address_changed").order_by("created_at"))


@pytest.mark.parametrize("address", [ELSEWHERE, ""], ids=["elsewhere", "nowhere"])
def test_the_former_address_is_told_once_and_forgotten(desk: Desk, post_office: MailServer, address: str) -> None:
    moved(desk, address)

    assert sent() and not sent()

    ((to, message),) = post_office.taken
    body = message.get_payload()
    assert to == [ADDRESS] and "do not go here any more" in message["Subject"] and "/notices/address/" in body
    assert not any(text in body for text in ("Environment", ELSEWHERE, desk.ann.username))
    assert not FormerAddress.objects.exists()


def test_who_is_shut_out_meanwhile_is_told_all_the_same(desk: Desk, post_office: MailServer) -> None:
    moved(desk)
    change_operator(NOBODY, account_id=desk.ann.pk, is_active=False, groups=[])

    assert sent() and [to for to, _ in post_office.taken] == [[ADDRESS]]


def test_a_first_address_and_the_same_again_tell_nobody_and_nor_does_an_installation_without_mail(
    desk: Desk, post_office: MailServer, settings: Any
) -> None:
    moved(desk, ADDRESS)
    settings.EMAIL_HOST = ""
    moved(desk, "")
    settings.EMAIL_HOST = "127.0.0.1"
    moved(desk, ELSEWHERE)

    assert not sent() and not waiting() and not FormerAddress.objects.exists()


def test_no_webhook_hears_of_it_nor_can_one_ask_for_it(desk: Desk, post_office: MailServer, receiver: Remote) -> None:
    first = Environment.objects.get(pk=oldest())
    desk.environment, desk.system = first, system_caller(first.pk)
    hooked(desk, receiver)
    moved(desk)

    assert sent() and not sent() and (receiver.asked, len(post_office.taken)) == ([], 1)
    with pytest.raises(Invalid, match="no such kind"):
        define_webhook(desk.system, name="asks", url="https://desk.example.com/", kinds=["account.address_changed"])


def test_an_address_that_refuses_is_kept_for_another_try_and_forgotten_in_the_end(
    desk: Desk, post_office: MailServer, settings: Any
) -> None:
    moved(desk)
    post_office.to_recipient = "550 no such user"
    assert sent()
    (row,) = waiting()
    assert (row.state, FormerAddress.objects.count()) == (Delivery.GIVEN_UP, 1)
    retry_delivery(system_caller(oldest()), delivery_id=row.pk, now=SOON)
    assert sent() and FormerAddress.objects.count() == 1

    forget_deliveries(now=SOON + timedelta(days=settings.GOVERNANCE_DELIVERY_DAYS, seconds=1))

    assert not waiting() and not FormerAddress.objects.exists()


def test_who_changes_theirs_on_and_on_writes_to_so_many_and_no_more(desk: Desk, post_office: MailServer) -> None:
    for number in range(MOST_TOLD_AN_HOUR + 3):
        moved(desk, f"stranger-{number}@example.com")

    assert len(waiting()) == FormerAddress.objects.count() == MOST_TOLD_AN_HOUR
    assert sent() and [to for to, _ in post_office.taken] == [[ADDRESS]]


def test_a_former_address_is_sealed_and_its_key_is_renewed(desk: Desk, post_office: MailServer) -> None:
    moved(desk)
    with in_environment(SYSTEM_ENVIRONMENT):
        create_key(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.TEXT)
    place = ""
    while place or texts_are_due(environment_id=SYSTEM_ENVIRONMENT):
        place = reseal_texts(environment_id=SYSTEM_ENVIRONMENT, place=place).place

    assert sent() and [to for to, _ in post_office.taken] == [[ADDRESS]]
