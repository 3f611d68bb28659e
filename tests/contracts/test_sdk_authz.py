"""The graph through the vendor's own client, unmodified: conflicts, defaults and answers it relies on."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from usercloudssdk.client import Client
from usercloudssdk.errors import UserCloudsSDKError
from usercloudssdk.models import Attribute, Edge, EdgeType, Object, ObjectType, Organization

from tests import cast
from tests.contracts.phone_stage import client_of

pytestmark = pytest.mark.django_db

PROVISIONED = {
    "_user": UUID("1bf2b775-e521-41d3-8b7e-78e89427e6fe"),
    "_group": UUID("f5bce640-f866-4464-af1a-9e7474c4a90c"),
    "_login_app": UUID("9b90794f-0ed0-48d6-99a5-6fd578a9134d"),
}


@pytest.fixture(scope="module")
def clients(house: str) -> Iterator[Client]:
    """One client per test, each in an environment of its own, committed before the first test begins."""

    def new_client() -> Client:
        return client_of(house, cast.new_player(cast.new_environment(), "app", configure=True, read=True, write=True))

    return iter([new_client() for _ in range(4)])


@pytest.fixture
def client(clients: Iterator[Client]) -> Client:
    return next(clients)


def flows(name: str, flow: str) -> Attribute:
    return Attribute(name=name, **{each: each == flow for each in ("direct", "inherit", "propagate")})


def test_what_another_run_left_is_taken_over(client: Client) -> None:
    kind = client.CreateObjectType(ObjectType(id=uuid4(), type_name="Paper"))
    assert client.CreateObjectType(ObjectType(id=uuid4(), type_name="Paper"), if_not_exists=True).id == kind.id
    line = client.CreateEdgeType(EdgeType(uuid4(), "Cites", kind.id, kind.id, [flows("read", "direct")]))
    twin = EdgeType(uuid4(), "Cites", kind.id, kind.id, [flows("read", "direct")])
    assert client.CreateEdgeType(twin, if_not_exists=True).id == line.id
    one = client.CreateObject(Object(id=uuid4(), type_id=kind.id, alias="one"))
    assert client.CreateObject(Object(id=uuid4(), type_id=kind.id, alias="one"), if_not_exists=True).id == one.id
    assert client.CreateObject(Object(id=one.id, type_id=kind.id, alias="one")).id == one.id
    other = client.CreateObject(Object(id=uuid4(), type_id=kind.id))
    assert client.GetObject(other.id).alias is None
    edge = client.CreateEdge(Edge(uuid4(), line.id, one.id, other.id))
    assert client.CreateEdge(Edge(uuid4(), line.id, one.id, other.id), if_not_exists=True).id == edge.id
    with pytest.raises(UserCloudsSDKError) as refused:
        client.CreateEdgeType(EdgeType(uuid4(), "Cites", kind.id, kind.id, []), if_not_exists=True)
    assert refused.value.code == 409


def test_an_attribute_is_inherited_given_and_handed_on(client: Client) -> None:
    user, group = PROVISIONED["_user"], PROVISIONED["_group"]
    folder = client.CreateObjectType(ObjectType(id=uuid4(), type_name="Folder")).id
    types = {
        name: client.CreateEdgeType(EdgeType(uuid4(), name, source, target, [flows("view", flow)])).id
        for name, source, target, flow in (
            ("member", user, group, "inherit"),
            ("sees", group, folder, "direct"),
            ("holds", folder, folder, "propagate"),
        )
    }
    ada, staff, top, below = (
        client.CreateObject(Object(id=uuid4(), type_id=kind)).id for kind in (user, group, folder, folder)
    )
    edges = [
        client.CreateEdge(Edge(uuid4(), types[name], source, target))
        for name, source, target in (("member", ada, staff), ("sees", staff, top), ("holds", top, below))
    ]
    assert client.CheckAttribute(ada, below, "view") is True
    assert client.CheckAttribute(below, ada, "view") is False
    assert client.CheckAttribute(ada, below, "edit") is False
    assert client.DeleteEdge(edges[0].id) is True
    assert client.CheckAttribute(ada, below, "view") is False
    assert client.DeleteObjectType(folder) is True
    assert {each.id for each in client.ListEdges()} == set()
    assert {each.type_name for each in client.ListEdgeTypes()} == {"_can_login", "member"}


def test_provisioned_types_are_listed_and_protected(client: Client) -> None:
    assert {each.type_name: each.id for each in client.ListObjectTypes()} == PROVISIONED
    for protected in PROVISIONED.values():
        with pytest.raises(UserCloudsSDKError) as refused:
            client.DeleteObjectType(protected)
        assert refused.value.code == 400
    assert client.DeleteObject(uuid4()) is False


def test_a_user_is_an_object_and_an_organization_has_a_region(client: Client) -> None:
    user = UUID(client.CreateUser())
    assert client.GetObject(user).type_id == PROVISIONED["_user"]
    works = client.CreateOrganization(Organization(id=uuid4(), name="Example Works", region="aws-eu-west-1"))
    assert client.GetOrganization(works.id).region == "aws-eu-west-1"
    owned = client.CreateObject(Object(id=uuid4(), type_id=PROVISIONED["_group"], organization_id=works.id))
    assert client.GetObject(owned.id).organization_id == works.id
    assert [each.id for each in client.ListObjects(limit=1)] == [min(user, owned.id)]
