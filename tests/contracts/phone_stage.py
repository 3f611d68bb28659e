"""The phone example as the vendor's own client defines, writes and reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from usercloudssdk.client import Client
from usercloudssdk.constants import ColumnIndexType, DataType, PolicyType
from usercloudssdk.errors import UserCloudsSDKError
from usercloudssdk.models import (
    Accessor,
    AccessPolicy,
    AccessPolicyComponent,
    Column,
    ColumnConstraints,
    ColumnInputConfig,
    ColumnOutputConfig,
    Mutator,
    Purpose,
    ResourceID,
    UserSelectorConfig,
)

from governance.models import Environment
from tests import cast

FOR_LOGIN, FOR_OFFERS = "+49 151 5550101", "+49 151 5550102"
CONTEXT: dict[str, Any] = {}
BY_ID = UserSelectorConfig("{id} = ?")
PASSTHROUGH = ResourceID(id=UUID("c0b5b2a1-0b1f-4b9f-8b1a-1b1f4b9f8b1a"))


@dataclass
class Stage:
    """The phone example as the vendor's client defined it, and one client per part."""

    environment: Environment
    url: str
    admin: Client
    app: Client
    marketing: Client
    fraud: Client
    players: dict[str, cast.Player]
    accessors: dict[str, UUID]
    mutators: dict[str, UUID]
    policy: UUID


def client_of(url: str, player: cast.Player) -> Client:
    return Client(url=url, client_id=str(player.client.public_id), client_secret=player.secret)


def define_phone_example(admin: Client) -> tuple[UUID, dict[str, UUID], dict[str, UUID]]:
    """Define everything the seed's example needs, by the vendor's client alone."""
    purposes = {
        name: admin.CreatePurpose(Purpose(id=uuid4(), name=name, description=name), if_not_exists=True)
        for name in ("authentication", "marketing", "integrity")
    }
    column = admin.CreateColumn(
        Column(
            id=uuid4(),
            name="phone",
            type=DataType.PHONENUMBER,
            is_array=True,
            default_value="",
            index_type=ColumnIndexType.INDEXED,
            constraints=ColumnConstraints(
                immutable_required=False,
                partial_updates=True,
                unique_id_required=False,
                unique_required=True,
                fields=[],
            ),
        )
    )
    policy = admin.CreateAccessPolicy(
        AccessPolicy(
            name="ApplicationInternalOnly",
            policy_type=PolicyType.COMPOSITE_AND,
            components=[
                AccessPolicyComponent(template=ResourceID(name="AuthenticatedClient"), template_parameters="{}"),
                AccessPolicyComponent(
                    template=ResourceID(name="ObservedNetwork"),
                    template_parameters=json.dumps({"networks": cast.NETWORK}),
                ),
            ],
        )
    )
    tokens = next(t for t in admin.ListTransformers() if t.name == "PhoneToID")
    mutators = {
        name: admin.CreateMutator(
            Mutator(
                id=uuid4(),
                name=f"SetPhoneFor{name.title()}",
                description="",
                columns=[ColumnInputConfig(ResourceID(id=column.id), PASSTHROUGH)],
                access_policy=ResourceID(id=policy.id),
                selector_config=BY_ID,
            )
        ).id
        for name in ("authentication", "marketing")
    }
    fix_purposes(admin, mutators, purposes)
    accessors = {
        "authentication": output("GetPhoneForAuthentication", column, PASSTHROUGH, purposes["authentication"], policy),
        "marketing": output("GetPhoneForMarketing", column, PASSTHROUGH, purposes["marketing"], policy),
        "integrity": output(
            "GetPhoneTokensForIntegrity", column, ResourceID(id=tokens.id), purposes["integrity"], policy
        ),
    }
    return policy.id, {name: admin.CreateAccessor(each).id for name, each in accessors.items()}, mutators


def fix_purposes(admin: Client, mutators: dict[str, UUID], purposes: dict[str, Purpose]) -> None:
    """Fixed purposes are beyond the vendor's model, so they go in as an extension field of an update."""
    for name, mutator_id in mutators.items():
        stored = admin._get(f"/userstore/config/mutators/{mutator_id}")
        stored["purposes"] = [{"id": str(purposes[each].id)} for each in (name, "integrity")]
        admin._put(f"/userstore/config/mutators/{mutator_id}", json_data={"mutator": stored})


def output(name: str, column: Column, transformer: ResourceID, purpose: Purpose, policy: AccessPolicy) -> Accessor:
    return Accessor(
        id=uuid4(),
        name=name,
        description="",
        columns=[ColumnOutputConfig(ResourceID(id=column.id), transformer, ResourceID(id=policy.id))],
        access_policy=ResourceID(id=policy.id),
        selector_config=BY_ID,
        purposes=[ResourceID(id=purpose.id)],
    )


def write(stage: Stage, purpose: str, subject: UUID, **change: Any) -> list[str]:
    return stage.app.ExecuteMutator(stage.mutators[purpose], CONTEXT, [str(subject)], {"phone": change})["user_ids"]


def read(client: Client, stage: Stage, purpose: str, subject: UUID) -> list[str]:
    answer = client.ExecuteAccessor(stage.accessors[purpose], CONTEXT, [str(subject)])
    return json.loads(json.loads(answer["data"][0])["phone"]) if answer["data"] else []


def refusal(call: Any) -> int:
    with pytest.raises(UserCloudsSDKError) as refused:
        call()
    assert FOR_LOGIN not in str(refused.value)
    return int(refused.value.code)
