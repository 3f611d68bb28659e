"""Access policies: every native rule both ways, trees against an oracle, circles, scripts that fail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.actions.policies import Branch, publish_policy, republish_policy
from governance.actions.policy_templates import publish_template
from governance.errors import Invalid, NotFound
from governance.identities import Caller, system_caller
from governance.models import Environment
from governance.policies.compilation import policy_of
from governance.policies.context import context_for
from governance.policies.facts import CallFacts
from governance.policies.templates import Rule, native_templates
from governance.policies.tree import CompiledPolicy, NativeNode, Node, Trace, as_rule, combine
from governance.policies.visibility import Visible, visible_to
from governance.standing import fresh_standing_of
from tests import cast

ME = UUID(int=5)
MONDAY_NOON = datetime(2031, 5, 19, 12, tzinfo=UTC)
CLIENT = Caller("client", ME, ME, ME, "app")
PERSON = Caller("operator", ME, ME, ME, "support")


def facts(**known: Any) -> CallFacts:
    given_facts: dict[str, Any] = {"action": "Execute", "caller": CLIENT, "now": MONDAY_NOON, **known}
    return CallFacts(**given_facts)


INSIDE = {"networks": ["10.0.0.0/8", "fc00::/7"]}
NIGHT = {"from": "22:00", "until": "06:00"}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("AllowAll", {}, {}, True),
    ("DenyAll", {}, {}, False),
    ("AuthenticatedClient", {}, {}, True),
    ("AuthenticatedClient", {}, {"caller": PERSON}, False),
    ("AuthenticatedClient", {"clients": ["app"]}, {"client_name": "app"}, True),
    ("AuthenticatedClient", {"clients": ["app"]}, {"client_name": "other"}, False),
    ("AuthenticatedClient", {"clients": ["app"]}, {"client_name": "app", "caller": PERSON}, False),
    ("ObservedNetwork", INSIDE, {"address": "10.1.2.3"}, True),
    ("ObservedNetwork", INSIDE, {"address": "::ffff:10.1.2.3"}, True),
    ("ObservedNetwork", INSIDE, {"address": "fd00::1"}, True),
    ("ObservedNetwork", INSIDE, {"address": "11.1.2.3"}, False),
    ("ObservedNetwork", INSIDE, {"address": "nonsense"}, False),
    ("ObservedNetwork", INSIDE, {"address": None, "claimed": {"ip_address": "10.1.2.3"}}, False),
    ("ObservedNetwork", {"networks": ["10.0.0.0/8"]}, {"address": "::1"}, False),
    ("InEnvironment", {"environments": ["prod"]}, {"environment_name": "prod"}, True),
    ("InEnvironment", {"environments": ["prod"]}, {"environment_name": "staging"}, False),
    ("ForPurposes", {"purposes": ["support", "security"]}, {"purpose_names": ("support",)}, True),
    ("ForPurposes", {"purposes": ["support"]}, {"purpose_names": ("support", "marketing")}, False),
    ("ForPurposes", {"purposes": ["support"]}, {"purpose_names": ()}, False),
    ("DuringHours", {"from": "08:00", "until": "12:01"}, {}, True),
    ("DuringHours", {"from": "08:00", "until": "12:00"}, {}, False),
    ("DuringHours", {"from": "12:00", "until": "13:00", "timezone": "Europe/Berlin"}, {}, False),
    ("DuringHours", {"from": "14:00", "until": "15:00", "timezone": "Europe/Berlin"}, {}, True),
    ("DuringHours", {"from": "08:00", "until": "18:00", "weekdays": [1]}, {}, True),
    ("DuringHours", {"from": "08:00", "until": "18:00", "weekdays": [2, 3]}, {}, False),
    ("DuringHours", NIGHT, {"now": MONDAY_NOON.replace(hour=23)}, True),
    ("DuringHours", NIGHT, {"now": MONDAY_NOON.replace(hour=5)}, True),
    ("DuringHours", NIGHT, {}, False),
    ("InGroup", {"groups": ["Support"]}, {"group_names": frozenset({"Support", "Staff"})}, True),
    ("InGroup", {"groups": ["Support"]}, {"group_names": frozenset()}, False),
    ("ForAction", {"actions": ["Execute"]}, {}, True),
    ("ForAction", {"actions": ["Resolve"]}, {}, False),
]


@pytest.mark.parametrize(("name", "parameters", "known", "expected"), CASES)
def test_a_native_rule_decides_by_what_was_observed(
    name: str, parameters: dict[str, Any], known: dict[str, Any], expected: bool
) -> None:
    assert native_templates()[name].compile(parameters)(facts(**known)) is expected


def test_every_native_rule_was_seen_both_ways() -> None:
    seen = {(name, answer) for name, _, _, answer in CASES}
    one_sided = {("AllowAll", False), ("DenyAll", True)}
    elsewhere = {
        ("CheckAttribute", True),
        ("CheckAttribute", False),
    }  # it asks the graph: tests/governance/test_graph_policies.py
    assert seen | one_sided | elsewhere == {(name, answer) for name in native_templates() for answer in (True, False)}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("AllowAll", {"surprise": 1}),
        ("ObservedNetwork", {}),
        ("ObservedNetwork", {"networks": []}),
        ("ObservedNetwork", {"networks": "10.0.0.0/8"}),
        ("ObservedNetwork", {"networks": ["10.0.0.0/99"]}),
        ("ObservedNetwork", {"networks": [None]}),
        ("DuringHours", {"from": "8", "until": "later"}),
        ("DuringHours", {"from": "08:00", "until": "09:00", "timezone": "../etc/passwd"}),
        ("DuringHours", {"from": "08:00", "until": "09:00", "weekdays": [0]}),
        ("DuringHours", {"from": "08:00", "until": "09:00", "weekdays": "all"}),
        ("DuringHours", {"from": "08:00", "until": "09:00", "weekdays": 5}),
        ("InGroup", {"groups": [""]}),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_when_it_is_published(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        native_templates()[name].compile(parameters)
    assert refused.value.field in {*parameters, *native_templates()[name].parameters}


def test_a_script_is_sent_what_it_names_of_the_call_and_nothing_else() -> None:
    known = facts(address="10.0.0.1", client_name="app", claimed={"ticket": "T-1"})
    named = context_for(visible_to("return context.server.claims.kind === 'client' && context.server.action !== ''"))
    assert named(known) == {
        "server": {"action": "Execute", "claims": {"kind": "client", "name": "app"}},
        "client": {"ticket": "T-1"},
    }
    assert context_for(visible_to("return params.open === true"))(known) == {}


def test_a_script_that_could_read_anything_is_sent_everything() -> None:
    known = facts(address="10.0.0.1", purpose_names=("support",), environment_name="prod", claimed={"ticket": "T-1"})
    everything = context_for(visible_to("return JSON.stringify(context) !== ''"))(known)
    assert everything == {
        "server": {
            "ip_address": "10.0.0.1",
            "action": "Execute",
            "purpose_names": ["support"],
            "environment": "prod",
            "time": MONDAY_NOON.isoformat(),
            "claims": {"sub": str(ME), "kind": "client", "name": ""},
        },
        "client": {"ticket": "T-1"},
        "query": {},
    }


class SubjectRule:
    """A rule that looks at the profile, in the place of a script."""

    caller_only = False
    visible = Visible(whole=True)

    def __init__(self, key: str) -> None:
        self.key = key

    def decide(self, facts: CallFacts, profiles: Any, trace: Trace) -> list[bool]:  # noqa: ARG002  # the protocol's
        return [bool(profile[self.key]) for profile in profiles]


LEAVES = st.sampled_from(["yes", "no", "a", "b"])
TREES = st.recursive(
    LEAVES, lambda parts: st.tuples(st.booleans(), st.lists(parts, min_size=1, max_size=3).map(tuple)), max_leaves=8
)
PROFILES = st.lists(st.fixed_dictionaries({"a": st.booleans(), "b": st.booleans()}), max_size=4)


def constant(answer: bool) -> Rule:
    return lambda _facts: answer


def built(tree: Any) -> Node:
    if isinstance(tree, str):
        return SubjectRule(tree) if tree in "ab" else NativeNode(tree, constant(tree == "yes"))
    needs_all, parts = tree
    return combine("tree", [built(part) for part in parts], needs_all=needs_all)


def decided(tree: Any, profile: dict[str, bool]) -> bool:
    if isinstance(tree, str):
        return {"yes": True, "no": False, **profile}[tree]
    needs_all, parts = tree
    return (all if needs_all else any)(decided(part, profile) for part in parts)


@settings(max_examples=500)
@given(TREES, PROFILES)
def test_a_tree_decides_as_its_oracle_for_every_subject(tree: Any, profiles: list[dict[str, bool]]) -> None:
    root = built(tree)
    policy = CompiledPolicy("p", 0, root, fast=as_rule(root))
    expected = [decided(tree, profile) for profile in profiles]
    assert policy.allows_each(facts(), profiles, Trace()) == expected
    if policy.caller_only:
        assert policy.allows_caller(facts()) is decided(tree, {"a": False, "b": False})
        assert policy.allows_caller(facts()) is decided(tree, {"a": True, "b": True})


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


def published(environment: Environment, *branches: Branch, kind: str = "composite_and") -> UUID:
    system = system_caller(environment.id)
    name = f"policy-{uuid4().hex[:8]}"
    return publish_policy(system, name=name, policy_type=kind, components=branches).public_id


def script(environment: Environment, body: str) -> UUID:
    system = system_caller(environment.id)
    function = f"function policy(context, params) {{ {body} }}"
    name = f"script-{uuid4().hex[:8]}"
    template = publish_template(system, name=name, function=function)
    return published(environment, Branch(template=template.public_id))


ALLOW = Branch(template=UUID("1e742248-fdde-4c88-9ea7-2c2106ec7aa8"))


@pytest.mark.django_db
@pytest.mark.parametrize("longest", [1, 2, 3])
def test_a_policy_that_contains_itself_is_refused(environment: Environment, longest: int) -> None:
    chain = [published(environment, ALLOW)]
    for _ in range(longest - 1):
        chain.append(published(environment, Branch(policy=chain[-1])))
    with pytest.raises(Invalid, match="contain itself"):
        republish_policy(
            system_caller(environment.id),
            public_id=chain[0],
            version=0,
            name="circle",
            policy_type="composite_or",
            components=[ALLOW, Branch(policy=chain[-1])],
            description="",
        )
    assert policy_of(fresh_standing_of(environment.id), chain[-1]).allows_caller(facts())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("branches", "error"),
    [
        ((), Invalid),
        ((Branch(),), Invalid),
        ((Branch(policy=ME, template=ME),), Invalid),
        ((Branch(policy=ME),), NotFound),
        ((Branch(template=ME),), NotFound),
    ],
)
def test_a_policy_of_nothing_known_is_refused(
    environment: Environment, branches: tuple[Branch, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        published(environment, *branches)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("throw new Error(context.user.email)", "error"),
        ("return context.user.nothing.at.all", "error"),
        ("return 'yes'", "result"),
        ("return false", None),
        ("for (;;) {}", "time"),
    ],
)
def test_a_script_that_fails_or_does_not_say_true_refuses_and_its_fault_names_no_value(
    environment: Environment, body: str, fault: str | None
) -> None:
    policy = policy_of(fresh_standing_of(environment.id), script(environment, body))
    trace = Trace()
    assert policy.allows_each(facts(), [{"email": "ada@example.com"}], trace) == [False]
    assert bool(trace.faults) is (fault is not None)
    assert "ada@example.com" not in repr(trace)


@pytest.mark.django_db
def test_a_script_sees_what_the_caller_claims_only_as_a_claim(environment: Environment) -> None:
    claimed = {"server": {"ip_address": "10.0.0.1"}, "user": {"vip": True}, "ip_address": "10.0.0.1"}
    asked = facts(address="203.0.113.9", claimed=claimed)

    def answer(body: str) -> bool:
        policy = policy_of(fresh_standing_of(environment.id), script(environment, body))
        return policy.allows_each(asked, [{}], Trace())[0]

    assert answer("return context.server.ip_address === '203.0.113.9'")
    assert answer("return context.client.ip_address === '10.0.0.1'")
    assert not answer("return context.user.vip === true")


@pytest.mark.django_db
def test_a_script_that_sees_no_subject_decides_once_for_all_and_its_fault_is_kept(environment: Environment) -> None:
    standing = fresh_standing_of(environment.id)
    by_action = policy_of(standing, script(environment, "return context.server.action === params.action || true"))
    trace = Trace()
    assert by_action.allows_each(facts(), [{}] * 3, trace) == [True] * 3
    assert [line.partition(": ")[2] for line in trace.lines] == ["allows 1 of 1"]
    failing = policy_of(standing, script(environment, "return context.server.nothing.at.all"))
    assert not failing.caller_only
    assert failing.allows_each(facts(), [{}] * 3, trace) == [False] * 3
    assert len(trace.faults) == 1
    assert failing.allows_each(facts(), [], Trace()) == []
