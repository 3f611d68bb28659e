"""Policies that ask the graph: the native template, and scripts that call checkAttribute."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.errors import Invalid
from governance.graph import checking
from governance.identities import system_caller
from governance.policies.compilation import policy_of
from governance.policies.facts import CallFacts
from governance.policies.tree import Trace
from governance.standing import fresh_standing_of
from tests.beginnings import beginning
from tests.governance.graph_world import VIEW, GraphWorld, new_graph_world

pytestmark = pytest.mark.django_db

CHECK_ATTRIBUTE = UUID("aad2bf25-311f-467e-9169-a6a89b6d34a6")
SCRIPT = "function policy(context, params) { return checkAttribute(context.user.id, params.on, 'view'); }"


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    settings.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 2_000


begun, world = beginning(new_graph_world)


def published(world: GraphWorld, template: UUID, parameters: dict[str, Any]) -> UUID:
    return publish_policy(
        system_caller(world.environment.id),
        name=f"P{uuid4().hex}",
        policy_type="composite_and",
        components=[Branch(template=template, parameters=parameters)],
    ).public_id


def decided(world: GraphWorld, policy: UUID, subjects: list[UUID]) -> tuple[list[bool], Trace]:
    compiled = policy_of(fresh_standing_of(world.environment.id), policy)
    facts = CallFacts(action="Execute", caller=world.player.caller, now=datetime(2030, 1, 2, tzinfo=UTC))
    trace = Trace()
    assert not compiled.caller_only
    return compiled.allows_each(facts, [{"id": str(each)} for each in subjects], trace), trace


def test_the_template_asks_about_every_subject_at_once(world: GraphWorld) -> None:
    ada, bob, folder = world.object("person"), world.object("person"), world.object("folder")
    world.edge("owns", ada, folder)
    on = {"id2": str(folder), "attribute": VIEW, "userIDUsage": "id1"}
    assert decided(world, published(world, CHECK_ATTRIBUTE, on), [bob, ada, uuid4()])[0] == [False, True, False]
    of = {"id1": str(ada), "attribute": VIEW, "userIDUsage": "id2"}
    assert decided(world, published(world, CHECK_ATTRIBUTE, of), [folder, bob])[0] == [True, False]


def test_the_template_asks_about_two_objects_and_nobody(world: GraphWorld) -> None:
    ada, folder = world.object("person"), world.object("folder")
    fixed = published(world, CHECK_ATTRIBUTE, {"id1": str(ada), "id2": str(folder), "attribute": VIEW})
    assert decided(world, fixed, [uuid4(), uuid4()])[0] == [False, False]
    world.edge("owns", ada, folder)
    assert decided(world, fixed, [uuid4(), uuid4()])[0] == [True, True]


def test_a_call_about_nobody_has_no_attribute(world: GraphWorld) -> None:
    on = {"id2": str(world.object("folder")), "attribute": VIEW, "userIDUsage": "id1"}
    compiled = policy_of(fresh_standing_of(world.environment.id), published(world, CHECK_ATTRIBUTE, on))
    facts = CallFacts(action="Resolve", caller=world.player.caller, now=datetime(2030, 1, 2, tzinfo=UTC))
    assert compiled.allows_call(facts, Trace()) is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"attribute": "view", "id1": "nobody", "id2": str(UUID(int=1))},
        {"attribute": "", "userIDUsage": "id1", "id2": str(UUID(int=1))},
        {"attribute": "view", "userIDUsage": "id3", "id1": str(UUID(int=1)), "id2": str(UUID(int=1))},
        {"attribute": "view", "userIDUsage": "id1"},
        {"attribute": "view", "id1": str(UUID(int=1)), "id2": str(UUID(int=1)), "id3": ""},
    ],
)
def test_parameters_that_make_no_question_are_refused(world: GraphWorld, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        published(world, CHECK_ATTRIBUTE, wrong)


def test_a_script_asks_the_graph(world: GraphWorld) -> None:
    ada, bob, folder = world.object("person"), world.object("person"), world.object("folder")
    world.edge("owns", ada, folder)
    script = publish_template(system_caller(world.environment.id), name="Asks", function=SCRIPT).public_id
    policy = published(world, script, {"on": str(folder)})
    assert decided(world, policy, [ada, bob])[0] == [True, False]
    answers, trace = decided(world, published(world, script, {"on": "nothing"}), [ada])
    assert (answers, trace.faults) == ([False], ["Asks: checkAttribute gave no answer"])


def test_a_question_that_is_too_wide_refuses_and_is_a_fault(world: GraphWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, folder = world.object("person"), world.object("folder")
    world.edge("owns", ada, folder)
    on = {"id2": str(folder), "attribute": VIEW, "userIDUsage": "id1"}
    policy = published(world, CHECK_ATTRIBUTE, on)
    monkeypatch.setattr(checking, "MOST_CANDIDATES", 1)
    answers, trace = decided(world, policy, [ada])
    assert (answers, trace.faults) == ([False], ["CheckAttribute: too many objects"])
