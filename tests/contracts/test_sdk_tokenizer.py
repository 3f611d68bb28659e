"""What the vendor's tokenizer sample does, by the vendor's client, with the numbers and values it only prints."""

from __future__ import annotations

import pytest
from usercloudssdk.client import Client
from usercloudssdk.constants import DataType, PolicyType, TransformType
from usercloudssdk.data_types import ColumnDataTypeString
from usercloudssdk.errors import UserCloudsSDKError
from usercloudssdk.models import (
    AccessPolicy,
    AccessPolicyComponent,
    AccessPolicyTemplate,
    ResourceID,
    Transformer,
)
from usercloudssdk.policies import AccessPolicyOpen, TransformerUUID

from tests import cast
from tests.contracts.phone_stage import client_of

pytestmark = pytest.mark.django_db(transaction=True)

NO = "function policy(x, y) { return false };"
SECRET = "something very secret"


@pytest.fixture
def admin(live_server: object) -> Client:
    rights = dict.fromkeys(("configure", "tokenize", "resolve"), True)
    return client_of(str(live_server), cast.new_player(cast.new_environment(), "tokenizer", **rights))


def test_versions_tokens_and_errors_are_what_the_tokenizer_sample_expects(admin: Client) -> None:
    for _ in range(2):  # whatever it makes is gone afterwards, fixed names and all
        templates_and_policies(admin)
        transformers(admin)
        tokens(admin)


def templates_and_policies(admin: Client) -> None:
    template = admin.CreateAccessPolicyTemplate(AccessPolicyTemplate(name="test_template", function=NO), True)
    template = admin.GetAccessPolicyTemplate(ResourceID(id=template.id))
    assert template.version == 0
    template.description = "updated description"
    assert admin.UpdateAccessPolicyTemplate(template).version == 1
    component = AccessPolicyComponent(template=ResourceID(name="test_template"), template_parameters="{}")
    wanted = AccessPolicy(name="test_policy", policy_type=PolicyType.COMPOSITE_AND, components=[component])
    policy = admin.GetAccessPolicy(ResourceID(id=admin.CreateAccessPolicy(wanted, True).id))
    assert {AccessPolicyOpen.id, policy.id} <= {each.id for each in admin.ListAccessPolicies()}
    policy.components[0].template_parameters = '{"foo": "bar"}'
    assert admin.UpdateAccessPolicy(policy).version == policy.version + 1 == 1
    with pytest.raises(UserCloudsSDKError) as stale:
        admin.UpdateAccessPolicy(policy)
    assert stale.value.code == 400
    assert admin.DeleteAccessPolicy(policy.id, 1)
    assert [each.version for each in admin.ListAccessPolicies() if each.id == policy.id] == [0]
    assert admin.GetAccessPolicy(ResourceID(name="test_policy")).components[0].template_parameters == "{}"
    with pytest.raises(UserCloudsSDKError) as used:
        admin.DeleteAccessPolicyTemplate(template.id, 1)
        admin.DeleteAccessPolicyTemplate(template.id, 0)
    assert used.value.code == 409
    assert admin.DeleteAccessPolicy(policy.id, 0)
    assert admin.DeleteAccessPolicyTemplate(template.id, 0)
    assert admin.DeleteAccessPolicyTemplate(template.id, 0) is False
    with pytest.raises(UserCloudsSDKError) as gone:
        admin.GetAccessPolicy(ResourceID(name="test_policy"))
    assert gone.value.code == 404


def transformers(admin: Client) -> None:
    wanted = Transformer(
        name="test_transformer",
        input_data_type=ColumnDataTypeString,
        input_type=DataType.STRING,
        output_data_type=ColumnDataTypeString,
        output_type=DataType.STRING,
        reuse_existing_token=False,
        transform_type=TransformType.PASSTHROUGH,
        function="function transform(x, y) { return 'token' };",
        parameters="{}",
    )
    made = admin.CreateTransformer(wanted, if_not_exists=True)
    made.description = "changed"
    assert admin.UpdateTransformer(made).version == 1
    assert {TransformerUUID.id, made.id} <= {each.id for each in admin.ListTransformers()}
    assert admin.DeleteTransformer(made.id)
    assert made.id not in {each.id for each in admin.ListTransformers()}


def tokens(admin: Client) -> None:
    token = admin.CreateToken(SECRET, TransformerUUID, AccessPolicyOpen)
    assert SECRET not in token
    assert admin.ResolveTokens([token], {}, []) == [{"token": token, "data": SECRET}]
    assert token in admin.LookupToken(SECRET, TransformerUUID, AccessPolicyOpen)
    shown = admin.InspectToken(token)
    assert (shown.token, shown.transformer.id, shown.access_policy.id) == (
        token,
        TransformerUUID.id,
        AccessPolicyOpen.id,
    )
    assert admin.DeleteToken(token)
    assert admin.ResolveTokens([token], {}, [])[0]["data"] == ""
    assert admin.ResolveTokens(["not a token"], {}, [])[0]["data"] == ""
