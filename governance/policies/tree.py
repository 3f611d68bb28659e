"""Policies compiled to trees: native rules first, scripts only for the candidates that are still undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from governance.policies.facts import CallFacts
from governance.policies.sandbox import Script, ScriptError, ScriptFault, run_policy
from governance.policies.templates import Rule

Profile = Mapping[str, Any]


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

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        """Answer for each profile, in order."""
        ...


@dataclass(frozen=True, slots=True)
class NativeNode:
    """A compiled rule over observed facts."""

    name: str
    rule: Rule
    caller_only: bool = True

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        answer = self.rule(facts)
        trace.lines.append(f"{self.name}: {'allows' if answer else 'refuses'}")
        return [answer] * len(profiles)


@dataclass(frozen=True, slots=True)
class ScriptNode:
    """A JavaScript template. A script that fails refuses, and the failure is recorded as one."""

    name: str
    script: Script
    parameters: Mapping[str, Any]
    reads_user: bool
    caller_only: bool = False

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        base = facts.script_context()
        contexts: Sequence[Mapping[str, Any]]
        contexts = [{**base, "user": profile} for profile in profiles] if self.reads_user else [base] * len(profiles)
        try:
            answers = run_policy(self.script, contexts, self.parameters)
        except ScriptError as error:
            trace.faults.append(f"{self.name}: {error}")
            return [False] * len(profiles)
        for answer in answers:
            if isinstance(answer, ScriptFault):
                trace.faults.append(f"{self.name}: {answer.kind}")
        decided = [answer is True for answer in answers]
        trace.lines.append(f"{self.name}: allows {sum(decided)} of {len(decided)}")
        return decided


@dataclass(frozen=True, slots=True)
class Combined:
    """All (AND) or any (OR) of its parts; caller-only parts are asked first, each part only about what is open."""

    name: str
    parts: tuple[Node, ...]
    needs_all: bool

    @property
    def caller_only(self) -> bool:
        return all(part.caller_only for part in self.parts)

    def decide(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        open_ones = list(range(len(profiles)))
        answers = [self.needs_all] * len(profiles)
        for part in self.parts:
            if not open_ones:
                break
            decided = part.decide(facts, [profiles[i] for i in open_ones], trace)
            settled = [i for i, answer in zip(open_ones, decided, strict=True) if answer is not self.needs_all]
            for i in settled:
                answers[i] = not self.needs_all
            open_ones = [i for i in open_ones if answers[i] is self.needs_all]
        return answers


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to decide. `fast` is set when it is nothing but native rules: then it is one closure."""

    name: str
    version: int
    root: Node
    reads_user: bool
    fast: Rule | None

    @property
    def caller_only(self) -> bool:
        return self.fast is not None

    def allows_caller(self, facts: CallFacts) -> bool:
        """Decide a caller-only policy once for the whole call."""
        return self.fast(facts) if self.fast is not None else self.root.decide(facts, [{}], Trace())[0]

    def allows_each(self, facts: CallFacts, profiles: Sequence[Profile], trace: Trace) -> list[bool]:
        """Decide for every subject, in order; a failing script refuses and leaves a fault in the trace."""
        return self.root.decide(facts, profiles, trace)

    def explain(self, facts: CallFacts, profile: Profile | None = None) -> Trace:
        """Say rule by rule what the answer is made of; nothing is short-cut and nothing is recorded."""
        trace = Trace()
        self.root.decide(facts, [profile or {}], trace)
        return trace


def combine(name: str, parts: Sequence[Node], *, needs_all: bool) -> Node:
    """Join parts, caller-only ones first, so that scripts run only where they can still change the answer."""
    ordered = tuple(sorted(parts, key=lambda part: not part.caller_only))
    return ordered[0] if len(ordered) == 1 else Combined(name, ordered, needs_all)


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
