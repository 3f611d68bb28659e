"""Policies compiled to trees: native rules first, scripts only for the candidates that are still undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from governance.policies.context import ContextOf, context_for
from governance.policies.facts import CallFacts
from governance.policies.hosting import host_for
from governance.policies.sandbox import HostCalls, Script, ScriptError, ScriptFault, encoded, run_policy
from governance.policies.templates import Rule
from governance.policies.thresholds import NO_THRESHOLDS, Thresholds
from governance.policies.visibility import Visible, all_visible, visible_to

Profile = Mapping[str, Any] | None
"""A subject as scripts see it; None where a call has no subject: a script that looks at one then fails, and refuses."""


@dataclass(slots=True)
class Trace:
    """Collects why: one line per rule that was asked, and every script that failed."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Node(Protocol):
    """One part of a compiled policy."""

    @property
    def caller_only(self) -> bool:
        """Whether the answer is the same for every subject of one call."""
        ...

    @property
    def visible(self) -> Visible:
        """What it can see of a subject."""
        ...

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        """Answer for each profile, in order."""
        ...


@dataclass(frozen=True, slots=True)
class NativeNode:
    """A compiled rule over observed facts."""

    name: str
    rule: Rule
    caller_only: bool = True
    visible: Visible = field(default=Visible(), repr=False)

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        answer = self.rule(facts)
        trace.lines.append(f"{self.name}: {'allows' if answer else 'refuses'}")
        return [answer] * len(profiles)


@dataclass(frozen=True, slots=True)
class ScriptNode:
    """A JavaScript template. A script that fails refuses, and the failure is recorded as one.

    A script knows nothing but its context and parameters, so one that sees no subject is asked once for all of them.
    """

    name: str
    script: Script
    parameters: Mapping[str, Any]
    visible: Visible = field(init=False, repr=False)
    caller_only: bool = field(init=False, repr=False)
    context_of: ContextOf = field(init=False, repr=False)
    _encoded: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        seen = visible_to(self.script.source)
        object.__setattr__(self, "visible", seen.of_subject)
        object.__setattr__(self, "caller_only", not seen.of_subject)
        object.__setattr__(self, "context_of", context_for(seen))
        object.__setattr__(self, "_encoded", encoded(self.parameters))

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        base, host = self.context_of(facts), host_for(self.script, facts.caller)
        if self.caller_only:
            return self._ask([base][: len(profiles)], None, trace, host) * len(profiles)
        return self._ask(profiles, base, trace, host)

    def _ask(
        self,
        candidates: Sequence[Profile],
        base: Mapping[str, Any] | None,
        trace: Trace,
        host: HostCalls | None,
    ) -> list[bool]:
        try:
            answers = run_policy(self.script, candidates, self._encoded, base=base, host=host)
        except ScriptError as error:
            trace.faults.append(f"{self.name}: {error}")
            return [False] * len(candidates)
        trace.faults += [f"{self.name}: {answer.kind}" for answer in answers if isinstance(answer, ScriptFault)]
        decided = [answer is True for answer in answers]
        trace.lines.append(f"{self.name}: allows {sum(decided)} of {len(decided)}")
        return decided


ONE_FOR_ALL: Sequence[Profile] = (None,)
"""What a part about the caller is asked with: it looks at no subject."""


@dataclass(frozen=True, slots=True)
class Combined:
    """All (AND) or any (OR) of its parts; caller-only parts are asked first, each part only about what is open."""

    name: str
    parts: tuple[Node, ...]
    needs_all: bool
    caller_only: bool = field(init=False, repr=False)
    visible: Visible = field(init=False, repr=False)
    about_caller: tuple[Node, ...] = field(init=False, repr=False)
    about_subject: tuple[Node, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        about_caller = tuple(part for part in self.parts if part.caller_only)
        about_subject = tuple(part for part in self.parts if not part.caller_only)
        object.__setattr__(self, "about_caller", about_caller)
        object.__setattr__(self, "about_subject", about_subject)
        object.__setattr__(self, "caller_only", not about_subject)
        object.__setattr__(self, "visible", all_visible(part.visible for part in self.parts))

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        if not profiles:
            return []
        for part in self.about_caller:
            if part.decide(facts, ONE_FOR_ALL, trace)[0] is not self.needs_all:
                return [not self.needs_all] * len(profiles)
        if len(self.about_subject) == 1:
            return self.about_subject[0].decide(facts, profiles, trace)
        return self._decide_each(facts, profiles, trace)

    def _decide_each(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        answers = [self.needs_all] * len(profiles)
        open_ones = list(range(len(profiles)))
        for part in self.about_subject:
            decided = part.decide(facts, [profiles[i] for i in open_ones], trace)
            for i, answer in zip(open_ones, decided, strict=True):
                answers[i] = answer
            open_ones = [i for i in open_ones if answers[i] is self.needs_all]
            if not open_ones:
                break
        return answers


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to decide. `fast` is set when it is nothing but native rules: then it is one closure.

    `thresholds` are its own, or the baseline's where it has none and there is a baseline.
    """

    name: str
    version: int
    root: Node
    fast: Rule | None
    thresholds: Thresholds = NO_THRESHOLDS
    visible: Visible = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "visible", self.root.visible)

    @property
    def caller_only(self) -> bool:
        """Whether `allows_caller` answers for every subject. Never with a script, whose faults belong on record."""
        return self.fast is not None

    def allows_caller(self, facts: CallFacts) -> bool:
        """Decide a caller-only policy once for the whole call."""
        return self.fast(facts) if self.fast is not None else self.allows_call(facts, Trace())

    def allows_each(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        """Decide for every subject, in order; a failing script refuses and leaves a fault in the trace."""
        return self.root.decide(facts, profiles, trace)

    def allows_call(self, facts: CallFacts, trace: Trace) -> bool:
        """Decide for a call that is about no subject's values."""
        return self.root.decide(facts, [None], trace)[0]

    def explain(self, facts: CallFacts, profile: Profile = None) -> Trace:
        """Say rule by rule what the answer is made of; nothing is short-cut and nothing is recorded."""
        trace = Trace()
        self.root.decide(facts, [profile], trace)
        return trace


def combine(name: str, parts: Sequence[Node], *, needs_all: bool) -> Node:
    """Join parts, native rules first, then scripts about the caller: each runs only where it can change the answer."""
    flat = [inner for part in parts for inner in _members(part, needs_all=needs_all)]
    ordered = tuple(sorted(flat, key=lambda part: (not part.caller_only, as_rule(part) is None)))
    return ordered[0] if len(ordered) == 1 else Combined(name, ordered, needs_all)


def _members(part: Node, *, needs_all: bool) -> tuple[Node, ...]:
    """The parts of a part that is joined as its parent is: together they say the same, with one level less to ask."""
    return part.parts if isinstance(part, Combined) and part.needs_all is needs_all else (part,)


def as_rule(node: Node) -> Rule | None:
    """Fold a tree of native rules to one closure; None when a script is part of it."""
    if isinstance(node, NativeNode):
        return node.rule
    if not isinstance(node, Combined):
        return None
    rules = [as_rule(part) for part in node.parts]
    if any(rule is None for rule in rules):
        return None
    return _fold([rule for rule in rules if rule is not None], needs_all=node.needs_all)


def _fold(rules: Sequence[Rule], *, needs_all: bool) -> Rule:
    if len(rules) == 2:
        first, second = rules
        if needs_all:
            return lambda facts: first(facts) and second(facts)
        return lambda facts: first(facts) or second(facts)
    if needs_all:
        return lambda facts: all(rule(facts) for rule in rules)
    return lambda facts: any(rule(facts) for rule in rules)
