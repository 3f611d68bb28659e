"""The second decision, for which people: what a script policy may see of them, and who is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from governance.actions.policies import Branch, publish_policy, republish_policy, retire_policy
from governance.actions.rights import give_right
from governance.errors import Conflict
from governance.identities import OPERATOR, Caller
from governance.models import Account
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, PhoneBook, given
from userstore.actions.columns import change_column, spec_of
from userstore.models import Column
from userstore.reading.calls import CallContext

pytestmark = pytest.mark.django_db

NUMBER, MAIL = "+49 151 5550001", "ada@example.com"
BASELINE = UUID("a78f1f88-3684-4e59-a01d-c121e259ec96")
DENY_ALL = UUID("c9c14750-b8f3-4507-bd3f-5c6562f0a6e6")


class Household(PhoneBook):
    """Ada gave her number for authentication and her mail for marketing; Ben only a number."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone, self.mail = self.phones(), self.column("mail", "email")
        self.ada, self.ben = self.subject(), self.subject()
        number = self.setter(self.phone, purposes=("authentication",))
        for subject in (self.ada, self.ben):
            self.write(number, subject, {"phone": {"value_additions": [NUMBER]}})
        self.write(self.setter(self.mail), self.ada, {"mail": {"value": MAIL, "purpose_additions": given("marketing")}})

    def admitted(self, body: str, *, context: CallContext = HERE, **rest: Any) -> list[UUID]:
        accessor = self.getter(self.phone, policy=self.script_policy(body), **rest)
        return self.rows(accessor, [[str(self.ada), str(self.ben)]], context=context).subject_ids


begun, house = beginning(Household)


def test_a_script_policy_decides_person_by_person(house: Household) -> None:
    assert house.admitted(f"return context.user.id === '{house.ada}'") == [house.ada]
    assert house.admitted("return true") == sorted([house.ada, house.ben])
    assert house.admitted("return false") == []


def test_a_script_policy_sees_of_a_person_only_what_the_purposes_permit(house: Household) -> None:
    both = sorted([house.ada, house.ben])
    assert house.admitted(f"return context.user.phone[0] === '{NUMBER}'") == both
    assert house.admitted("return context.user.mail === null") == both
    assert house.admitted(f"return context.user.mail === '{MAIL}'") == []
    assert house.admitted(f"return JSON.stringify(context).includes('{MAIL}')") == []


def test_a_script_that_enumerates_a_person_sees_the_columns_it_does_not_name(house: Household) -> None:
    both = sorted([house.ada, house.ben])
    assert house.admitted(f"return JSON.stringify(context.user).includes('{NUMBER}')") == both
    assert house.admitted("return context.user[['m', 'ail'].join('')] === null") == both


def test_a_caller_cannot_put_anything_into_the_observed_part_of_the_context(house: Household) -> None:
    claims = CallContext(address="203.0.113.9", claimed={"server": {"ip_address": "10.1.2.3"}, "user": {"phone": "x"}})
    assert house.admitted("return context.server.ip_address === '10.1.2.3'", context=claims) == []
    assert len(house.admitted("return context.client.user.phone === 'x'", context=claims)) == 2


def test_one_script_that_fails_for_one_person_leaves_only_that_one_out(house: Household) -> None:
    body = f"if (context.user.id === '{house.ada}') throw new Error('no'); return true"
    assert house.admitted(body) == [house.ben]


def test_the_baseline_of_the_environment_and_the_policy_of_a_column_must_hold_too(house: Household) -> None:
    accessor = house.getter(house.phone)
    assert house.read(accessor, house.ada) == [NUMBER]
    column = _column(house, "phone")
    change_column(house.system, public_id=house.phone, spec=_with_policy(column, DENY_ALL))
    assert house.read(accessor, house.ada) == []
    change_column(house.system, public_id=house.phone, spec=_with_policy(column, None))
    assert house.read(accessor, house.ada) == [NUMBER]
    republish_policy(
        house.system,
        public_id=BASELINE,
        version=0,
        name="GlobalBaselinePolicyForAccessors",
        policy_type="composite_and",
        components=[Branch(policy=DENY_ALL)],
        description="",
    )
    assert house.read(accessor, house.ada) == []
    with pytest.raises(Conflict, match="every accessor"):
        retire_policy(house.system, public_id=BASELINE)


def test_an_operator_is_admitted_by_a_group_they_are_in(house: Household) -> None:
    group = Group.objects.create(name="Support")
    policy = publish_policy(
        house.system,
        name="support-only",
        policy_type="composite_and",
        components=[Branch(template=UUID("5ea1b00c-0000-4000-8000-000000000006"), parameters={"groups": ["Support"]})],
    ).public_id
    account = Account.objects.create(username="support", kind=Account.OPERATOR)
    give_right(house.system, holder=account, operation="read", on=house.environment)
    accessor = house.getter(house.phone, policy=policy)

    def read(groups: frozenset[int], now: datetime) -> list[str]:
        caller = Caller(OPERATOR, account.id, account.id, house.environment.id, "support", groups)
        found = house.rows(accessor, [[str(house.ada)]], caller=caller, now=now).rows
        return json.loads(found[0]["phone"]) if found else []

    assert read(frozenset({group.pk}), timezone.now()) == [NUMBER]
    assert read(frozenset(), timezone.now()) == []
    assert house.read(accessor, house.ada) == []


def _column(house: Household, name: str) -> Any:
    with in_environment(house.environment.id):
        return spec_of(Column.objects.get(name=name))


def _with_policy(spec: Any, policy: UUID | None) -> Any:
    return replace(spec, access_policy=policy)
