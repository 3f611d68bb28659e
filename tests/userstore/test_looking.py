"""What a policy looks at: values of the person a write or a read is about, nobody's where a call is about nobody."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from governance.actions.freezes import freeze
from governance.errors import Refused
from governance.freezing import calls_that_would_stop
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, given
from tests.userstore.test_admission import MAIL, NUMBER, Household
from userstore.actions.tokens import create_token, resolve_tokens

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550009"
BLOCKED = f"return !context.user.phone.includes('{NUMBER}')"

begun, house = beginning(Household)


def added(number: str) -> dict[str, object]:
    return {"phone": {"value_additions": [number], "purpose_additions": given("authentication")}}


def test_the_policy_of_a_write_sees_the_values_of_whom_it_is_about(house: Household) -> None:
    carla = house.subject()
    house.write(house.setter(house.phone), carla, added(OTHER))
    guarded = house.setter(house.phone, policy=house.script_policy(BLOCKED))
    assert house.write(guarded, carla, added("+49 151 5550010")).subject_ids == [carla]
    assert house.write(guarded, house.ada, added("+49 151 5550010")).subject_ids == []
    sees_mail = house.setter(house.phone, policy=house.script_policy(f"return context.user.mail === '{MAIL}'"))
    assert house.write(sees_mail, house.ada, added(OTHER)).subject_ids == [house.ada]
    assert house.write(sees_mail, house.ben, added(OTHER)).subject_ids == []


def test_a_token_of_raw_data_is_about_nobody_so_a_policy_that_looks_at_somebody_refuses(house: Household) -> None:
    def resolved(body: str) -> str:
        policy = house.script_policy(body)
        token, _ = create_token(house.service, data=NUMBER, transformer_id=house.transformer("UUID"), policy_id=policy)
        found, _ = resolve_tokens(house.service, tokens=[token], context=HERE)
        return found[0].data

    assert resolved("return context.server.action !== 'Nothing'") == NUMBER
    assert resolved("return context.user.phone !== 'blocked'") == ""


@pytest.mark.parametrize("via", ["selector", "policy"])
def test_a_frozen_column_is_not_even_looked_at_and_the_preview_says_so(house: Household, via: str) -> None:
    if via == "policy":
        accessor = house.getter(house.mail, policy=house.script_policy(BLOCKED), purposes=("marketing",))
        values: list[object] = [[str(house.ada)]]
    else:
        accessor = house.getter(house.mail, selector="{phone} = ANY (?)", purposes=("marketing",))
        values = [[NUMBER]]
    house.rows(accessor, values)
    assert _stopped(house, house.phone) == ["accessor.executed"]
    assert _stopped(house, house.column("unrelated")) == []
    freeze(house.system, kind="column", target_id=house.phone)
    with pytest.raises(Refused):
        house.rows(accessor, values)


def _stopped(house: Household, column: UUID) -> list[str]:
    found = calls_that_would_stop(
        environment_id=house.environment.id, kind="column", target_id=column, now=timezone.now()
    )
    return [call.kind for call in found if call.called.startswith("Get-")]
