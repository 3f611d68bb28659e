"""Decisions by the graph: the native template CheckAttribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.graph.checking import TooManyCandidates, check_attribute_of_each
from governance.policies.attribute_calls import object_id
from governance.policies.facts import CallFacts
from governance.policies.templates import Rule
from governance.policies.tree import Profile, Trace
from governance.policies.visibility import Visible

FIRST, SECOND, NONE = "id1", "id2", "none"
_USER = Visible(words=frozenset({"user", "id"}))


@dataclass(frozen=True, slots=True)
class AttributeNode:
    """Whether one object has an attribute on another; one of the two may be the subject.

    All subjects of a call are asked about in one statement. A question that looks at too much of the graph refuses, and
    is on record as a fault.
    """

    name: str
    first: UUID | None
    second: UUID | None
    attribute: str
    visible: Visible = field(init=False, repr=False)
    caller_only: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        about_caller = self.first is not None and self.second is not None
        object.__setattr__(self, "caller_only", about_caller)
        object.__setattr__(self, "visible", Visible() if about_caller else _USER)

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        asked = profiles[:1] if self.caller_only else profiles
        try:
            answers = self._ask(facts.caller.environment_id, [_id_of(each) for each in asked])
        except TooManyCandidates:
            trace.faults.append(f"{self.name}: too many objects")
            return [False] * len(profiles)
        trace.lines.append(f"{self.name}: allows {sum(answers)} of {len(answers)}")
        return answers * len(profiles) if self.caller_only else answers

    def _ask(self, environment_id: UUID, subjects: Sequence[UUID | None]) -> list[bool]:
        pairs = [(self.first or subject, self.second or subject) for subject in subjects]
        known = [(one, other) for one, other in pairs if one is not None and other is not None]
        answers = iter(check_attribute_of_each(environment_id, pairs=known, attribute=self.attribute))
        return [next(answers) if one is not None and other is not None else False for one, other in pairs]


@dataclass(frozen=True, slots=True)
class AttributeTemplate:
    """The native template that asks the graph."""

    id: UUID
    name: str
    description: str
    parameters: Mapping[str, str]

    def compile(self, parameters: Mapping[str, Any]) -> Rule:
        """Give the rule for a question that is about no subject."""
        node = self.node(parameters)
        if not node.caller_only:
            raise Invalid("A question about a subject is no rule about the call.", field="userIDUsage")
        return lambda facts: node.decide(facts, [None], Trace())[0]

    def node(self, parameters: Mapping[str, Any]) -> AttributeNode:
        """Return the part of a policy for these parameters; `Invalid` names a wrong one."""
        for name in parameters:
            if name not in self.parameters:
                raise Invalid(f"Template {self.name} has no parameter {name!r}.", field=name)
        usage = parameters.get("userIDUsage") or NONE
        if usage not in {FIRST, SECOND, NONE}:
            raise Invalid("The user stands for id1, id2 or none of the two.", field="userIDUsage")
        attribute = parameters.get("attribute")
        if not isinstance(attribute, str) or not attribute or "\0" in attribute:
            raise Invalid("Parameter 'attribute' must be the name of an attribute.", field="attribute")
        return AttributeNode(
            self.name,
            None if usage == FIRST else object_id(parameters.get(FIRST), FIRST),
            None if usage == SECOND else object_id(parameters.get(SECOND), SECOND),
            attribute,
        )


BUILT_IN: tuple[AttributeTemplate, ...] = (
    AttributeTemplate(
        UUID("aad2bf25-311f-467e-9169-a6a89b6d34a6"),
        "CheckAttribute",
        "One object of the graph has an attribute on another; one of them may be the user.",
        {
            "id1": "the object that has it",
            "id2": "the object that it is had on",
            "attribute": "its name",
            "userIDUsage": "id1 or id2: the user stands in its place; none",
        },
    ),
)


def _id_of(profile: Profile) -> UUID | None:
    """The id of a subject; None where a call is about nobody, which has no attribute on anything."""
    if profile is None:
        return None
    try:
        return UUID(str(profile["id"]))
    except (KeyError, ValueError):
        return None
