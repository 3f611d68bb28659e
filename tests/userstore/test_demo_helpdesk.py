"""The demo's help desk: what the page on temporary access says to try can be done."""

from __future__ import annotations

import pytest
from django.utils import timezone

from governance.access_queries import own_requests, requests_to_decide
from governance.actions.access_requests import Wish, submit_request
from governance.actions.accounts import define_operator
from governance.errors import Refused
from governance.identities import OPERATOR, Caller
from governance.models import Purpose
from keyring.walls import in_environment
from tests import cast
from userstore.demo.helpdesk import LEADS, SUPPORT, TICKET, build_help_desk
from userstore.demo.phone import IDS, build_phone_example
from userstore.models import Column

PASSWORD = "a long enough passphrase"


@pytest.mark.django_db
def test_support_asks_for_bens_number_and_the_lead_can_decide() -> None:
    environment = cast.new_environment()
    build_phone_example(environment)
    callers = {}
    for name, group in (("support", SUPPORT), ("lead", LEADS)):
        account = define_operator(cast.NOBODY, username=name, password=PASSWORD, groups=[group])
        pks = frozenset(account.groups.values_list("pk", flat=True))
        callers[name] = Caller(OPERATOR, account.id, account.id, environment.id, name, pks)
    build_help_desk(environment, agent="support")
    with in_environment(environment.id):
        purpose = Purpose.objects.get(name="authentication").public_id
        phone = Column.objects.get(name="phone").public_id

    def wish(person: str) -> Wish:
        why = f"{person} cannot sign in and asks to be called back."
        accessor = IDS["GetPhoneForAuthentication"]
        return Wish(accessor, purpose, [IDS[person]], [phone], 30, "customer_support_case", why, ticket=TICKET)

    with pytest.raises(Refused):
        submit_request(callers["support"], wish("Ada Example"))
    submit_request(callers["support"], wish("Ben Sample"))

    now = timezone.now()
    assert len(own_requests(callers["support"], now)) == 1
    assert len(requests_to_decide(callers["lead"], now)) == 1
    assert requests_to_decide(callers["support"], now) == []
