from __future__ import annotations

import json
from uuid import UUID

import pytest
from django.utils import timezone

from governance.errors import Refused
from governance.identities import system_caller
from tests import cast
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

pytestmark = pytest.mark.django_db

HERE = CallContext(address=cast.INSIDE)


def test_a_number_given_for_one_purpose_is_not_read_for_another() -> None:
    environment = cast.new_environment()
    system = system_caller(environment.id)
    player = cast.new_player(environment, "app", read=True, write=True)
    policy = cast.internal_only(environment)
    purposes = {n: cast.new_purpose(environment, n).public_id for n in ("authentication", "marketing", "integrity")}
    column = define_column(
        system,
        spec=ColumnSpec(
            "phone",
            "phonenumber",
            is_array=True,
            unique_required=True,
            partial_updates=True,
            index_type="indexed",
            pii_category="contact",
            sensitivity=3,
        ),
    )
    mutators = {
        name: publish_mutator(
            system,
            spec=MutatorSpec(
                f"SetPhoneFor{name}",
                "{id} = ?",
                (InputSpec(column.public_id),),
                policy,
                fixed_purposes=(purposes[name], purposes["integrity"]),
            ),
        ).public_id
        for name in ("authentication", "marketing")
    }
    accessors = {
        name: publish_accessor(
            system,
            spec=AccessorSpec(
                f"GetPhoneFor{name}",
                "{id} = ?",
                (OutputSpec(column.public_id),),
                (purposes[name],),
                policy,
                consent_mode="partial",
            ),
        ).public_id
        for name in ("authentication", "marketing")
    }
    tokens = publish_accessor(
        system,
        spec=AccessorSpec(
            "GetTokens",
            "{id} = ?",
            (OutputSpec(column.public_id, transformer=_transformer(environment.id, "PhoneToID"), token_policy=policy),),
            (purposes["integrity"],),
            policy,
            consent_mode="partial",
        ),
    ).public_id
    subject = create_subject(player.caller)
    ids = [str(subject.public_id)]
    for name, number in (("authentication", "+49 151 5550001"), ("marketing", "+49 151 5550002")):
        receipt = execute_mutator(
            MutatorCall(player.caller, mutators[name], ids, {"phone": {"value_additions": [number]}}, HERE),
            now=timezone.now(),
        )
        assert receipt.subject_ids == [subject.public_id]

    def read(accessor: UUID) -> list[str]:
        rows = execute_accessor(AccessorCall(player.caller, accessor, ids, HERE), now=timezone.now()).rows
        return json.loads(rows[0]["phone"]) if rows else []

    assert read(accessors["authentication"]) == ["+49 151 5550001"]
    assert read(accessors["marketing"]) == ["+49 151 5550002"]
    assert len(read(tokens)) == 2
    assert read(tokens) == read(tokens)
    outside = AccessorCall(player.caller, accessors["marketing"], ids, CallContext(address="203.0.113.9"))
    assert execute_accessor(outside, now=timezone.now()).rows == []
    outsider = cast.new_player(environment, "outsider")
    with pytest.raises(Refused):
        execute_accessor(AccessorCall(outsider.caller, accessors["marketing"], ids, HERE), now=timezone.now())


def _transformer(environment_id: UUID, name: str) -> UUID:
    from keyring.walls import in_environment
    from userstore.models import Transformer

    with in_environment(environment_id):
        return Transformer.objects.get(name=name).public_id
