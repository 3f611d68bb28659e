"""Who has an attribute on what: the path rule, its bounds, and a law over random graphs."""

from __future__ import annotations

import random
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import queries
from governance.actions.graph_reading import check, list_attributes, list_reachable
from governance.actions.graph_types import Carried, define_edge_type, define_object_type
from governance.errors import Refused
from governance.graph import checking
from governance.graph.checking import TooManyCandidates, check_attribute, reachable_objects
from governance.models import EdgeType, GraphEdge, GraphObject, ObjectType
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance.graph_world import VIEW, GraphWorld, new_graph_world

pytestmark = pytest.mark.django_db

begun, world = beginning(new_graph_world)


def sees(world: GraphWorld, source: UUID, target: UUID, attribute: str = VIEW) -> bool:
    return check(world.player.caller, source=source, target=target, attribute=attribute)[0].has_attribute


def test_an_attribute_reaches_along_inherit_then_direct_then_propagate(world: GraphWorld) -> None:
    ada, inner, outer = world.object("person"), world.object("group"), world.object("group")
    folder, below, other = (world.object("folder") for _ in range(3))
    edges = [
        world.edge("member", ada, inner),
        world.edge("within", inner, outer),
        world.edge("sees", outer, folder),
        world.edge("holds", folder, below),
    ]
    found, _ = check(world.player.caller, source=ada, target=below, attribute=VIEW)
    assert found.has_attribute
    assert [step.object_id for step in found.path] == [ada, inner, outer, folder, below]
    assert [step.edge_id for step in found.path] == [None, *edges]
    assert [sees(world, ada, folder), sees(world, inner, below), sees(world, outer, below)] == [True] * 3
    assert not any(
        [sees(world, ada, other), sees(world, ada, outer), sees(world, below, ada), sees(world, folder, below)]
    )
    assert not sees(world, ada, below, "edit")
    assert not sees(world, ada, uuid4())


def test_circles_end(world: GraphWorld) -> None:
    one, two = world.object("group"), world.object("group")
    upper, lower = world.object("folder"), world.object("folder")
    for kind, source, target in (
        ("within", one, two), ("within", two, one), ("holds", upper, lower), ("holds", lower, upper),
        ("within", one, one), ("sees", two, upper),
    ):  # fmt: skip
        world.edge(kind, source, target)
    assert sees(world, one, lower)
    assert not sees(world, lower, one)


def test_lists_name_every_attribute_and_every_object_of_a_type(world: GraphWorld) -> None:
    ada, group, folder, below = (world.object(kind) for kind in ("person", "group", "folder", "folder"))
    define_edge_type(
        world.player.caller,
        name="edits",
        source_type=world.types["person"],
        target_type=world.types["folder"],
        attributes=[Carried("edit", "direct"), Carried("comment", "direct")],
    )
    with in_environment(world.environment.id):
        world.types["edits"] = EdgeType.objects.get(name="edits").public_id
    for kind, source, target in (("member", ada, group), ("sees", group, folder), ("edits", ada, folder)):
        world.edge(kind, source, target)
    world.edge("holds", folder, below)
    caller = world.player.caller
    assert list_attributes(caller, source=ada, target=folder)[0] == ["comment", "edit", VIEW]
    assert list_attributes(caller, source=ada, target=below)[0] == [VIEW]
    reached, _ = list_reachable(caller, source=ada, attribute=VIEW, object_type=world.types["folder"])
    assert set(reached) == {folder, below}
    assert list_reachable(caller, source=ada, attribute=VIEW, object_type=world.types["group"])[0] == []


def test_a_question_that_looks_at_too_much_is_an_error_and_no_answer(
    world: GraphWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_CANDIDATES", 10)
    folder, people = world.object("folder"), world.object("person")
    groups = [world.object("group") for _ in range(12)]
    for group in groups:
        world.edge("member", people, group)
        world.edge("sees", group, folder)
    caller = world.player.caller
    assert sees(world, groups[0], folder)
    with pytest.raises(TooManyCandidates):
        check(caller, source=people, target=folder, attribute=VIEW)
    with pytest.raises(TooManyCandidates):
        list_attributes(caller, source=people, target=folder)
    with pytest.raises(TooManyCandidates):
        list_reachable(caller, source=people, attribute=VIEW, object_type=world.types["folder"])


@pytest.mark.django_db(transaction=True)
def test_a_check_is_one_entry_without_an_id_or_a_foreign_word(world: GraphWorld) -> None:
    ada, folder = world.object("person", alias="Ada Example"), world.object("folder")
    _, decision = check(world.player.caller, source=ada, target=folder, attribute=VIEW)
    check(world.player.caller, source=ada, target=folder, attribute="ada@example.com")
    first, second = queries.entries(environment_id=world.environment.id, kinds=["graph.checked"])[::-1]
    assert (first.decision_id, first.facts["attribute"], first.facts["allowed"]) == (decision, VIEW, False)
    assert "attribute" not in second.facts
    for entry in (first, second):
        assert str(ada) not in str(entry.facts)
        assert str(folder) not in str(entry.facts)


@pytest.mark.django_db(transaction=True)
def test_who_has_no_right_to_read_gets_no_answer_and_is_on_record(world: GraphWorld) -> None:
    ada, folder = world.object("person"), world.object("folder")
    world.edge("owns", ada, folder)
    outsider = cast.new_caller(world.environment, "outsider")
    with pytest.raises(Refused):
        check(outsider, source=ada, target=folder, attribute=VIEW)
    assert queries.entries(environment_id=world.environment.id, kinds=["graph.checked"], outcome="refused")


def test_a_graph_of_another_environment_is_no_graph(world: GraphWorld) -> None:
    ada, folder = world.object("person"), world.object("folder")
    world.edge("owns", ada, folder)
    elsewhere = new_graph_world()
    assert sees(world, ada, folder)
    assert not sees(elsewhere, ada, folder)


NODES = 7
Ends = dict[UUID, tuple[UUID, UUID, str]]
"""Edges by id: where from, where to, of which kind."""
KINDS = ("inherit", "direct", "propagate", "nothing")


def reached(edges: set[tuple[int, int, str]], source: int) -> set[int]:
    """The oracle: a walk over objects and whether the direct edge is behind."""
    seen, open_ones = {(source, False)}, [(source, False)]
    while open_ones:
        node, given = open_ones.pop()
        for start, end, kind in edges:
            if start != node or (kind, given) not in {("inherit", False), ("direct", False), ("propagate", True)}:
                continue
            state = (end, given or kind == "direct")
            if state not in seen:
                seen.add(state)
                open_ones.append(state)
    return {node for node, given in seen if given}


@pytest.fixture
def plain(world: GraphWorld) -> GraphWorld:
    """Objects of one type, and edges between them that carry the attribute in every way."""
    caller = world.player.caller
    world.types["thing"] = define_object_type(caller, name="thing").public_id
    for kind in KINDS:
        carried = [Carried("reach", kind)] if kind != "nothing" else [Carried("other", "direct")]
        thing = world.types["thing"]
        made = define_edge_type(caller, name=kind, source_type=thing, target_type=thing, attributes=carried)
        world.types[kind] = made.public_id
    return world


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=st.sets(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.sampled_from(KINDS)), max_size=18)
)
def test_a_check_says_what_a_walk_over_the_graph_says(plain: GraphWorld, edges: set[tuple[int, int, str]]) -> None:
    environment_id = plain.environment.id
    nodes, by_id = planted(plain, edges)
    for source in range(NODES):
        expected = reached(edges, source)
        _, listed = reachable_objects(
            environment_id, source=nodes[source], attribute="reach", object_type=plain.types["thing"]
        )
        assert set(listed) == {nodes[each] for each in expected}
        for target in range(NODES):
            found = check_attribute(environment_id, source=nodes[source], target=nodes[target], attribute="reach")
            assert found.has_attribute == (target in expected)
            if found.has_attribute:
                assert is_a_path(found, nodes[source], nodes[target], by_id)


def planted(world: GraphWorld, edges: set[tuple[int, int, str]]) -> tuple[list[UUID], Ends]:
    environment_id = world.environment.id
    with in_environment(environment_id):
        thing = ObjectType.objects.get(public_id=world.types["thing"])
        kinds = {each.name: each for each in EdgeType.objects.filter(name__in=KINDS)}
        objects = GraphObject.objects.bulk_create(
            GraphObject(environment_id=environment_id, type=thing) for _ in range(NODES)
        )
        made = GraphEdge.objects.bulk_create(
            GraphEdge(environment_id=environment_id, edge_type=kinds[kind], source=objects[a], target=objects[b])
            for a, b, kind in edges
        )
    by_id = {e.public_id: (e.source.public_id, e.target.public_id, e.edge_type.name) for e in made}
    return [each.public_id for each in objects], by_id


def is_a_path(found: checking.Found, source: UUID, target: UUID, by_id: Ends) -> bool:
    steps = found.path
    kinds = [by_id[step.edge_id][2] for step in steps[1:] if step.edge_id]
    joined = all(
        by_id[after.edge_id][:2] == (before.object_id, after.object_id)
        for before, after in pairwise(steps)
        if after.edge_id
    )
    middle = kinds.index("direct")
    in_order = set(kinds[:middle]) <= {"inherit"} and set(kinds[middle + 1 :]) <= {"propagate"}
    return joined and in_order and (steps[0].object_id, steps[-1].object_id) == (source, target)


def test_wide_and_long_graphs_are_answered_too(plain: GraphWorld) -> None:
    """Where each of the three ways to find the direct edge is taken, and a path too long to be told."""
    environment_id = plain.environment.id
    with in_environment(environment_id):
        thing = ObjectType.objects.get(public_id=plain.types["thing"])
        kinds = {each.name: each for each in EdgeType.objects.filter(name__in=KINDS)}
        objects = GraphObject.objects.bulk_create(
            GraphObject(environment_id=environment_id, type=thing) for _ in range(700)
        )
        chain = [("inherit", i, i + 1) for i in range(300)]
        fans = [("propagate", i, 699) for i in range(350, 690)]
        GraphEdge.objects.bulk_create(
            GraphEdge(environment_id=environment_id, edge_type=kinds[kind], source=objects[a], target=objects[b])
            for kind, a, b in [*chain, *fans, ("direct", 300, 350), ("direct", random.Random(1).randrange(300), 320)]
        )
    ids = [each.public_id for each in objects]

    def found(source: int, target: int) -> checking.Found:
        return check_attribute(environment_id, source=ids[source], target=ids[target], attribute="reach")

    assert found(0, 699).has_attribute
    assert found(0, 699).path == ()
    assert len(found(290, 699).path) == 13
    assert not found(301, 699).has_attribute
    assert not found(0, 698).has_attribute
