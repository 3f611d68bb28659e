"""The demo's help desk: what the page on temporary access says to try can be done."""

from __future__ import annotations

import pytest
from django.utils import timezone

from governance.access_queries import own_requests, requests_to_decide
from governance.actions.access_decisions import approve_request
from governance.actions.access_requests import Wish, submit_request
from governance.actions.accounts import define_operator
from governance.actions.grants import activate_grant
from governance.breakglass.narrowing import narrowed, shown_of
from governance.errors import Refused
from governance.identities import OPERATOR, Caller
from governance.models import Grant, Purpose
from keyring.walls import in_environment
from tests import cast
from tests.userstore.phonebook import HERE
from userstore.demo.helpdesk import LEADS, SUPPORT, TICKET, build_help_desk
from userstore.demo.phone import IDS, build_phone_example
from userstore.models import Column
from userstore.reading.calls import AccessorCall
from userstore.reading.demands import UnmaskCall
from userstore.reading.unmasking import unmask

PASSWORD = "a long enough passphrase"


@pytest.mark.django_db
def test_support_asks_for_bens_number_and_sees_it_when_the_lead_has_approved() -> None:
    environment = cast.new_environment()
    example = build_phone_example(environment)
    callers = {}
    for name, group in (("support", SUPPORT), ("lead", LEADS)):
        account = define_operator(cast.NOBODY, username=name, password=PASSWORD, groups=[group])
        pks = frozenset(account.groups.values_list("pk", flat=True))
        callers[name] = Caller(OPERATOR, account.id, account.id, environment.id, name, pks)
    build_help_desk(example, agent="support")
    with in_environment(environment.id):
        purpose = Purpose.objects.get(name="support").public_id
        columns = list(Column.objects.filter(name__in=["name", "phone"]).values_list("public_id", flat=True))

    def wish(person: str) -> Wish:
        why = f"{person} cannot sign in and asks to be called back."
        accessor = IDS["GetContactForSupport"]
        return Wish(accessor, purpose, [IDS[person]], columns, 30, "customer_support_case", why, ticket=TICKET)

    with pytest.raises(Refused):
        submit_request(callers["support"], wish("Ada Example"))
    request = submit_request(callers["support"], wish("Ben Sample"))

    now = timezone.now()
    assert len(own_requests(callers["support"], now)) == 1
    assert len(requests_to_decide(callers["lead"], now)) == 1
    assert requests_to_decide(callers["support"], now) == []

    with in_environment(environment.id):
        shown = shown_of(request, narrowed(request))
    approve_request(callers["lead"], request_id=request.id, shown=shown)
    with in_environment(environment.id):
        grant = Grant.objects.get(request=request)
    activate_grant(callers["support"], grant_id=grant.id, factor_at=timezone.now())
    read = AccessorCall(
        callers["support"], IDS["GetContactForSupport"], [[str(IDS["Ben Sample"])]], HERE, grant=grant.id
    )
    found = unmask(UnmaskCall(read, IDS["Ben Sample"], ["name", "phone"], "support"), now=timezone.now())
    assert {each.column: each.value for each in found.fields} == {"name": "Ben Sample", "phone": ["+49 171 3920002"]}
