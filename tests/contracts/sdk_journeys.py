"""What a client does with the vendor's SDK, part by part: every public method is called with something that works."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from usercloudssdk.constants import ColumnIndexType, DataLifeCycleState, DataType, PolicyType, Region, TransformType
from usercloudssdk.data_types import ColumnDataTypeString
from usercloudssdk.models import (
    Accessor,
    AccessPolicy,
    AccessPolicyComponent,
    AccessPolicyTemplate,
    Column,
    ColumnDataType,
    ColumnInputConfig,
    ColumnOutputConfig,
    ColumnRetentionDuration,
    CompositeAttributes,
    CompositeField,
    Mutator,
    Purpose,
    ResourceID,
    RetentionDuration,
    Transformer,
    UpdateColumnRetentionDurationRequest,
    UpdateColumnRetentionDurationsRequest,
    UserSelectorConfig,
)
from usercloudssdk.policies import AccessPolicyOpen, NormalizerOpen, TransformerPassThrough, TransformerUUID

ADDRESS = "ada@example.com"
BY_ID = UserSelectorConfig("{id} = ?")
NOTHING = UUID(int=0)


class Call(Protocol):
    """Calls a method of the SDK by its sync name and notes how that went."""

    def __call__(self, method: str, /, *args: Any, **named: Any) -> Any: ...


def purposes(call: Call) -> None:
    made = call("CreatePurpose", Purpose(id=uuid4(), name="Newsletter", description="monthly"))
    assert call("CreatePurpose", Purpose(id=uuid4(), name="Newsletter", description=""), if_not_exists=True).id
    assert made.id in {each.id for each in call("ListPurposes")}
    made.description = "weekly"
    call("UpdatePurpose", made)
    assert call("GetPurpose", made.id).description == "weekly"
    assert call("DeletePurpose", made.id) is True


def data_types(call: Call) -> None:
    fields = [CompositeField(ColumnDataTypeString, "Street_Address"), CompositeField(ColumnDataTypeString, "City")]
    wanted = ColumnDataType(
        id=uuid4(), name="Place", description="where", composite_attributes=CompositeAttributes(False, fields)
    )
    made = call("CreateColumnDataType", wanted)
    assert made.id in {each.id for each in call("ListColumnDataTypes")}
    made.description = "where somebody is"
    call("UpdateColumnDataType", made)
    assert call("GetColumnDataType", made.id).description == "where somebody is"
    assert call("DeleteColumnDataType", made.id) is True


def columns(call: Call) -> None:
    made = call("CreateColumn", column("Hobby"))
    assert made.id in {each.id for each in call("ListColumns")}
    made.name = "Pastime"
    call("UpdateColumn", made)
    assert call("GetColumn", made.id).name == "Pastime"
    assert call("DeleteColumn", made.id) is True


def methods(call: Call) -> None:
    contact = call("CreateColumn", column("Contact"))
    wanted = Mutator(
        id=uuid4(), name="SetContact", description="", selector_config=BY_ID,
        columns=[ColumnInputConfig(ResourceID(id=contact.id), ResourceID(id=NormalizerOpen.id))],
        access_policy=ResourceID(id=AccessPolicyOpen.id),
    )  # fmt: skip
    mutator = call("CreateMutator", wanted)
    mutator.description = "sets it"
    assert call("UpdateMutator", mutator).version == mutator.version + 1
    assert call("GetMutator", mutator.id).description == "sets it"
    assert mutator.id in {each.id for each in call("ListMutators")}
    accessor = call("CreateAccessor", accessor_of("GetContact", contact.id, TransformerPassThrough.id))
    accessor.description = "gets it"
    assert call("UpdateAccessor", accessor).version == accessor.version + 1
    assert call("GetAccessor", accessor.id).description == "gets it"
    assert accessor.id in {each.id for each in call("ListAccessors")}
    written = {"Contact": {"value": ADDRESS, "purpose_additions": [{"Name": "operational"}]}}
    user = call("CreateUserWithMutator", mutator.id, {}, written, region=Region.AWS_US_WEST_2)
    assert call("ExecuteMutator", mutator.id, {}, [user], written) == {"user_ids": [user]}
    assert json.loads(call("ExecuteAccessor", accessor.id, {}, [user])["data"][0]) == {"Contact": ADDRESS}
    (consented,) = call("GetConsentedPurposesForUser", UUID(user), [ResourceID(name="Contact")])
    assert [each.name for each in consented.consented_purposes] == ["operational"]
    assert call("DeleteAccessor", accessor.id) is True
    assert call("DeleteMutator", mutator.id) is True
    assert call("DeleteUser", UUID(user)) is True


def users(call: Call) -> None:
    made = UUID(call("CreateUser", region="aws-us-east-1"))
    profile = call("GetUser", made).profile
    profile["nickname"] = "ada"
    assert call("UpdateUser", made, profile).profile["nickname"] == "ada"
    signing_in = UUID(call("CreateUserWithPassword", f"{uuid4()}@example.com", "a long enough password"))
    assert {made, signing_in} <= {each.id for each in call("ListUsers")}
    assert call("DeleteUser", made) is True
    assert call("DeleteUser", signing_in) is True


def templates_and_policies(call: Call) -> None:
    wanted = AccessPolicyTemplate(name="TeamOnly", function="function policy(c, p) { return c.client.team == p.team; }")
    template = call("CreateAccessPolicyTemplate", wanted)
    template.description = "by team"
    assert call("UpdateAccessPolicyTemplate", template).version == template.version + 1
    assert call("GetAccessPolicyTemplate", ResourceID(name="TeamOnly")).id == template.id
    assert template.id in {each.id for each in call("ListAccessPolicyTemplates")}
    component = AccessPolicyComponent(template=ResourceID(id=template.id), template_parameters='{"team": "support"}')
    policy = call(
        "CreateAccessPolicy",
        AccessPolicy(name="Team", policy_type=PolicyType.COMPOSITE_AND, components=[component]),
    )
    policy.description = "of the team"
    assert call("UpdateAccessPolicy", policy).version == policy.version + 1
    assert call("GetAccessPolicy", ResourceID(id=policy.id)).description == "of the team"
    assert policy.id in {each.id for each in call("ListAccessPolicies")}
    assert call("DeleteAccessPolicy", policy.id, policy.version + 1) is True
    assert call("DeleteAccessPolicy", policy.id, policy.version) is True
    assert call("DeleteAccessPolicyTemplate", template.id, template.version + 1) is True
    assert call("DeleteAccessPolicyTemplate", template.id, template.version) is True


def transformers(call: Call) -> None:
    wanted = Transformer(
        name="Initial", input_data_type=ColumnDataTypeString, output_data_type=ColumnDataTypeString,
        transform_type=TransformType.TRANSFORM, function="function transform(data, params) { return data[0]; }",
    )  # fmt: skip
    made = call("CreateTransformer", wanted)
    made.function += " // first letter"
    assert call("UpdateTransformer", made).version == made.version + 1
    assert call("GetTransformer", ResourceID(name="Initial")).function.endswith("letter")
    assert made.id in {each.id for each in call("ListTransformers")}
    assert call("DeleteTransformer", made.id) is True


def tokens(call: Call) -> None:
    token = call("CreateToken", ADDRESS, TransformerUUID, AccessPolicyOpen)
    assert call("ResolveTokens", [token], {}, []) == [{"token": token, "data": ADDRESS}]
    assert call("LookupToken", ADDRESS, TransformerUUID, AccessPolicyOpen) == [token]
    assert call("InspectToken", token).access_policy.id == AccessPolicyOpen.id
    assert call("DeleteToken", token) is True


def many_tokens(call: Call) -> None:
    """The vendor's method fails before it sends anything: it takes its own model for a dataclass."""
    with pytest.raises(TypeError, match="asdict"):
        call("LookupOrCreateTokens", [ADDRESS], [TransformerUUID], [AccessPolicyOpen])


def retention_of_everything(call: Call) -> None:
    _retention(call, "OnTenant", (), ColumnRetentionDuration(DataLifeCycleState.SOFT_DELETED, week(1)))


def retention_of_purposes(call: Call) -> None:
    purpose = call("CreatePurpose", Purpose(id=uuid4(), name="Archive", description=""))
    wanted = ColumnRetentionDuration(DataLifeCycleState.SOFT_DELETED, week(1), purpose_id=purpose.id)
    _retention(call, "OnPurpose", (purpose.id,), wanted)


def _retention(call: Call, scope: str, of: tuple[UUID, ...], wanted: ColumnRetentionDuration) -> None:
    verb = f"SoftDeletedRetentionDuration{scope}"
    assert call(f"GetDefault{verb}", *of).retention_duration.id == NOTHING
    made = call(f"Create{verb}", *of, UpdateColumnRetentionDurationRequest(wanted)).retention_duration
    made.duration = week(2)
    call(f"Update{verb}", *of, made.id, UpdateColumnRetentionDurationRequest(made))
    assert call(f"Get{verb}", *of, made.id).retention_duration.duration.duration == 2
    assert call(f"Delete{verb}", *of, made.id) is True


def retention_of_columns(call: Call) -> None:
    purpose = call("CreatePurpose", Purpose(id=uuid4(), name="Ledger", description=""))
    kept = call("CreateColumn", column("Account")).id
    wanted = ColumnRetentionDuration(DataLifeCycleState.SOFT_DELETED, week(1), column_id=kept, purpose_id=purpose.id)
    request = UpdateColumnRetentionDurationsRequest([wanted])
    told = call("UpdateSoftDeletedRetentionDurationsOnColumn", kept, request).retention_durations
    made = next(each for each in told if each.purpose_id == purpose.id)
    assert made.id in {each.id for each in call("GetSoftDeletedRetentionDurationsOnColumn", kept).retention_durations}
    made.duration = week(2)
    call("UpdateSoftDeletedRetentionDurationOnColumn", kept, made.id, UpdateColumnRetentionDurationRequest(made))
    read = call("GetSoftDeletedRetentionDurationOnColumn", kept, made.id)
    assert read.retention_duration.duration.duration == 2
    assert call("DeleteSoftDeletedRetentionDurationOnColumn", kept, made.id) is True


def issuers(call: Call) -> None:
    assert call("GetExternalOIDCIssuers") == []
    assert call("UpdateExternalOIDCIssuers", ["https://login.example.com"]) == ["https://login.example.com"]
    assert call("GetExternalOIDCIssuers") == ["https://login.example.com"]
    call("UpdateExternalOIDCIssuers", [])


def generated_code(call: Call, folder: Path) -> None:
    text = call("DownloadUserstoreSDK", include_example=True)
    assert "class " in text
    compile(text, "generated.py", "exec")
    call("SaveUserstoreSDK", folder / "generated.py")
    assert "class " in (folder / "generated.py").read_text()


def column(name: str) -> Column:
    return Column(
        id=uuid4(), name=name, type=DataType.STRING, data_type=ColumnDataTypeString, is_array=False,
        default_value="", index_type=ColumnIndexType.INDEXED,
    )  # fmt: skip


def accessor_of(name: str, of: UUID, transformer: UUID) -> Accessor:
    return Accessor(
        id=uuid4(), name=name, description="", selector_config=BY_ID,
        columns=[ColumnOutputConfig(ResourceID(id=of), ResourceID(id=transformer))],
        access_policy=ResourceID(id=AccessPolicyOpen.id), purposes=[ResourceID(name="operational")],
    )  # fmt: skip


def week(number: int) -> RetentionDuration:
    return RetentionDuration(unit="week", duration=number)


JOURNEYS: tuple[Callable[[Call], None], ...] = (
    purposes, columns, methods, users, templates_and_policies, transformers, tokens, many_tokens,
    data_types, retention_of_everything, retention_of_purposes, retention_of_columns, issuers,
)  # fmt: skip
"""Each alone: what fails in one says nothing about the others. `generated_code` and files need a folder."""
