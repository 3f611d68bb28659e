"""A user is an object of the graph from the first moment to the last."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from audit import queries
from governance.actions.builtin import USER_TYPE
from governance.actions.graph import create_edge, create_object
from governance.actions.graph_types import Carried, define_edge_type
from governance.actions.organizations import define_organization
from governance.models import GraphEdge, GraphObject
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.governance.graph_world import GraphWorld, new_graph_world
from userstore.actions.deletion import delete_subject
from userstore.actions.subjects import create_subject
from userstore.errors import Conflict
from userstore.models import Subject

pytestmark = pytest.mark.django_db(transaction=True)

begun, world = beginning(new_graph_world)


def objects(world: GraphWorld, public_id: UUID) -> list[tuple[UUID, UUID | None]]:
    with in_environment(world.environment.id):
        rows = GraphObject.objects.filter(public_id=public_id)
        return list(rows.values_list("type__public_id", "organization__public_id"))


def test_a_user_comes_and_goes_with_its_object_and_its_edges(world: GraphWorld) -> None:
    caller = world.player.caller
    works = define_organization(caller, name="Example Works").public_id
    user = create_subject(caller, organization_id=works).public_id
    assert objects(world, user) == [(USER_TYPE, works)]
    kind = define_edge_type(
        caller,
        name="UserInGroup",
        source_type=USER_TYPE,
        target_type=world.types["group"],
        attributes=[Carried("view", "inherit")],
    ).public_id
    create_edge(caller, edge_type_id=kind, source_id=user, target_id=world.object("group"))
    delete_subject(caller, subject_id=user)
    assert objects(world, user) == []
    with in_environment(world.environment.id):
        assert not GraphEdge.objects.exists()
    (entry,) = queries.entries(environment_id=world.environment.id, kinds=["subject.deleted"])
    assert entry.facts["edges"] == 1


def test_an_object_that_waits_for_its_user_is_taken_and_one_of_another_type_stands_in_the_way(
    world: GraphWorld,
) -> None:
    caller, waiting, taken = world.player.caller, uuid4(), uuid4()
    create_object(caller, type_id=USER_TYPE, public_id=waiting)
    create_object(caller, type_id=world.types["group"], public_id=taken)
    assert create_subject(caller, subject_id=waiting).public_id == waiting
    with pytest.raises(Conflict):
        create_subject(caller, subject_id=taken)
    with in_environment(world.environment.id):
        assert not Subject.objects.filter(public_id=taken).exists()
    assert objects(world, taken) == [(world.types["group"], None)]
