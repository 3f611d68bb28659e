"""The phone example through the vendor's own client, unmodified, over the network."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from usercloudssdk.errors import UserCloudsSDKError
from usercloudssdk.models import (
    Column,
    ResourceID,
)

from audit import queries
from governance.actions.clients import change_client
from governance.actions.freezes import freeze, unfreeze
from governance.identities import system_caller
from tests import cast
from tests.contracts.phone_stage import (
    CONTEXT,
    FOR_LOGIN,
    FOR_OFFERS,
    Stage,
    client_of,
    define_phone_example,
    read,
    refusal,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(live_server: Any) -> Stage:
    environment = cast.new_environment()
    players = {
        "admin": cast.new_player(environment, "admin", configure=True, erase=True, consent=True),
        "app": cast.new_player(environment, "app", read=True, write=True, consent=True),
        "marketing": cast.new_player(environment, "marketing", read=True),
        "fraud": cast.new_player(environment, "fraud", read=True, resolve=True),
        "outsider": cast.new_player(environment, "outsider"),
    }
    clients = {name: client_of(live_server.url, player) for name, player in players.items()}
    policy, accessors, mutators = define_phone_example(clients["admin"])
    return Stage(
        environment, live_server.url, clients["admin"], clients["app"], clients["marketing"], clients["fraud"],
        players, accessors, mutators, policy,
    )  # fmt: skip


def subject_with_two_numbers(stage: Stage) -> UUID:
    subject = UUID(stage.app.CreateUser())
    assert write(stage, "authentication", subject, value_additions=[FOR_LOGIN]) == [str(subject)]
    assert write(stage, "marketing", subject, value_additions=[FOR_OFFERS]) == [str(subject)]
    return subject


def test_each_purpose_reads_its_own_number_and_integrity_reads_tokens(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    assert read(stage.app, stage, "authentication", subject) == [FOR_LOGIN]
    assert read(stage.marketing, stage, "marketing", subject) == [FOR_OFFERS]
    tokens = read(stage.fraud, stage, "integrity", subject)
    assert len(set(tokens)) == 2
    assert not {FOR_LOGIN, FOR_OFFERS} & set(tokens)
    assert [len(token) for token in tokens] == [len(FOR_LOGIN)] * 2
    assert all(token.startswith("+") for token in tokens)
    resolved = stage.fraud.ResolveTokens(tokens, CONTEXT, [ResourceID(name="integrity")])
    assert {each["data"] for each in resolved} == {FOR_LOGIN, FOR_OFFERS}


def test_a_mutator_with_fixed_purposes_refuses_others(stage: Stage) -> None:
    subject = UUID(stage.app.CreateUser())
    with pytest.raises(UserCloudsSDKError) as refused:
        write(stage, "authentication", subject, value_additions=[FOR_LOGIN], purpose_additions=[{"Name": "marketing"}])
    assert refused.value.code == 400
    assert read(stage.app, stage, "authentication", subject) == []


def test_withdrawal_acts_on_the_next_read_and_on_tokens_handed_out(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    tokens = read(stage.fraud, stage, "integrity", subject)
    stage.app._post(
        "/userstore/api/consents", json_data={"user_id": str(subject), "purpose": "integrity", "permitted": False}
    )
    assert read(stage.fraud, stage, "integrity", subject) == []
    resolved = stage.fraud.ResolveTokens(tokens, CONTEXT, [])
    assert resolved == [{"token": token, "data": ""} for token in tokens]
    assert read(stage.app, stage, "authentication", subject) == [FOR_LOGIN]


def test_the_outsider_another_environment_a_frozen_purpose_and_a_disabled_client_get_nothing(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    outsider = client_of(stage.url, stage.players["outsider"])
    assert refusal(lambda: read(outsider, stage, "authentication", subject)) == 403
    abroad = client_of(stage.url, cast.new_player(cast.new_environment(), "abroad", read=True, write=True))
    assert refusal(lambda: read(abroad, stage, "authentication", subject)) == 400
    system = system_caller(stage.environment.id)
    purpose = next(p for p in stage.admin.ListPurposes() if p.name == "marketing")
    frozen = freeze(system, kind="purpose", target_id=purpose.id)
    assert refusal(lambda: read(stage.marketing, stage, "marketing", subject)) == 403
    assert read(stage.app, stage, "authentication", subject) == [FOR_LOGIN]
    unfreeze(system, freeze_id=frozen.public_id)
    assert read(stage.marketing, stage, "marketing", subject) == [FOR_OFFERS]
    change_client(
        system, client_id=stage.players["marketing"].client.public_id, name="", description="", is_disabled=True
    )
    assert refusal(lambda: read(stage.marketing, stage, "marketing", subject)) == 403


def test_replacing_a_number_inherits_no_permission(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    replacement = "+49 151 5550103"
    assert write(stage, "marketing", subject, value_additions=[replacement], value_deletions=[FOR_LOGIN])
    assert read(stage.marketing, stage, "marketing", subject) == [FOR_OFFERS, replacement]
    assert replacement not in read(stage.app, stage, "authentication", subject)


def test_tokens_are_stable_where_reuse_is_on_and_resolve_only_under_their_policy(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    first = read(stage.fraud, stage, "integrity", subject)
    assert read(stage.fraud, stage, "integrity", subject) == first
    assert refusal(lambda: stage.marketing.ResolveTokens(first, CONTEXT, [])) == 403
    stored = stage.admin._get(f"/tokenizer/policies/access/{stage.policy}")
    elsewhere = {"networks": ["203.0.113.0/24"]}
    stored["components"][1]["template_parameters"] = json.dumps(elsewhere)
    stage.admin._put(f"/tokenizer/policies/access/{stage.policy}", json_data={"access_policy": stored})
    assert [each["data"] for each in stage.fraud.ResolveTokens(first, {"ip_address": "203.0.113.9"}, [])] == ["", ""]


def test_all_of_it_is_in_the_book_refusals_included(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    read(stage.app, stage, "authentication", subject)
    tokens = read(stage.fraud, stage, "integrity", subject)
    stage.fraud.ResolveTokens(tokens, CONTEXT, [])
    outsider = client_of(stage.url, stage.players["outsider"])
    assert refusal(lambda: read(outsider, stage, "marketing", subject)) == 403
    entries = list(queries.every_entry(environment_id=stage.environment.id))
    told = {(entry.kind, entry.outcome, entry.actor.id) for entry in entries}
    who = {name: player.client.public_id for name, player in stage.players.items()}
    assert {
        ("purpose.defined", "done", who["admin"]),
        ("column.defined", "done", who["admin"]),
        ("access_policy.published", "done", who["admin"]),
        ("mutator.published", "done", who["admin"]),
        ("accessor.published", "done", who["admin"]),
        ("access_token.issued", "done", who["outsider"]),
        ("subject.created", "done", who["app"]),
        ("mutator.executed", "done", who["app"]),
        ("accessor.executed", "done", who["app"]),
        ("accessor.executed", "done", who["fraud"]),
        ("token.resolved", "done", who["fraud"]),
        ("accessor.executed", "refused", who["outsider"]),
    } <= told
    text = "".join(entry.text for entry in entries)
    assert not any(secret in text for secret in (FOR_LOGIN, FOR_OFFERS, str(subject), *tokens))


def test_what_is_defined_twice_is_taken_as_it_is(stage: Stage) -> None:
    columns = {column.name: column for column in stage.admin.ListColumns()}
    phone = columns["phone"]
    again = Column(
        id=uuid4(),
        name="phone",
        type=phone.type,
        is_array=True,
        default_value="",
        index_type=phone.index_type,
        constraints=phone.constraints,
    )
    assert UUID(str(stage.admin.CreateColumn(again, if_not_exists=True).id)) == phone.id
    accessor = stage.admin.GetAccessor(stage.accessors["marketing"])
    assert stage.admin.UpdateAccessor(accessor).version == accessor.version
    policy = stage.admin.GetAccessPolicy(ResourceID(name="ApplicationInternalOnly"))
    assert policy.id == stage.policy
    assert stage.admin.UpdateAccessPolicy(policy).version == policy.version + 1
    assert {purpose.name for purpose in stage.admin.ListPurposes()} >= {"authentication", "marketing", "integrity"}
    assert {mutator.name for mutator in stage.admin.ListMutators()} >= {"SetPhoneForMarketing", "UpdateUser"}
    assert stage.admin.DeletePurpose(uuid4()) is False


def test_users_and_their_purposes_through_the_vendors_client(stage: Stage) -> None:
    subject = subject_with_two_numbers(stage)
    consented = stage.app.GetConsentedPurposesForUser(subject, [ResourceID(name="phone")])
    assert [p.name for p in consented[0].consented_purposes] == ["authentication", "integrity", "marketing"]
    user = stage.app.UpdateUser(subject, {**stage.app.GetUser(subject).profile, "nickname": "ada"})
    assert (user.id, user.profile["nickname"]) == (subject, "ada")
    assert [each.id for each in stage.app.ListUsers()] == [subject]
    assert read(stage.app, stage, "authentication", subject) == [FOR_LOGIN]
    made = stage.app.CreateUserWithMutator(
        stage.mutators["marketing"], CONTEXT, {"phone": {"value_additions": ["+49 151 5550104"]}}
    )
    assert read(stage.marketing, stage, "marketing", UUID(made)) == ["+49 151 5550104"]
    assert stage.admin.DeleteUser(subject) is True
    assert stage.admin.DeleteUser(subject) is False
