"""The second decision: for which subjects does the access policy admit this call? Others are left out, not refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import Group

from governance.authorization import Clearance
from governance.identities import Caller
from governance.policies.facts import CallFacts
from governance.policies.tree import CompiledPolicy, Trace
from governance.standing import Standing
from userstore.reading.calls import CallContext
from userstore.reading.opening import Seen, profiles_of
from userstore.reading.rows import OpenedSubject


@dataclass(slots=True)
class Admitted:
    """Who is admitted, how many are not, and which scripts failed."""

    subjects: list[OpenedSubject]
    denied: int = 0
    reasons: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, further: Admitted) -> None:
        """Take in who was admitted behind these."""
        self.subjects += further.subjects
        self.denied += further.denied
        self.reasons = list(dict.fromkeys([*self.reasons, *further.reasons]))
        self.faults = sorted({*self.faults, *further.faults})


def call_facts(
    clearance: Clearance, context: CallContext, *, action: str, purposes: tuple[str, ...], now: datetime
) -> CallFacts:
    """Gather what a policy can know about this call."""
    return facts_of(clearance.standing, clearance.caller, context, action=action, purposes=purposes, now=now)


def facts_of(
    standing: Standing, caller: Caller, context: CallContext, *, action: str, purposes: tuple[str, ...], now: datetime
) -> CallFacts:
    """Gather what a policy could know about a call, also of one that nobody has cleared yet."""
    client = standing.clients.get(caller.id)
    return CallFacts(
        action=action,
        caller=caller,
        now=now,
        address=context.address,
        environment_name=standing.environment_name,
        purpose_names=purposes,
        client_name=client.name if client else "",
        client_kind=client.kind if client else "",
        group_names=_names_of(caller.group_ids),
        claimed=context.claimed,
    )


def _names_of(group_ids: frozenset[int]) -> frozenset[str]:
    """The names of an operator's groups as they are now; clients are in none, so their calls ask nothing."""
    return (
        frozenset(Group.objects.filter(pk__in=group_ids).values_list("name", flat=True)) if group_ids else frozenset()
    )


def admit(subjects: list[OpenedSubject], policy: CompiledPolicy, facts: CallFacts, seen: Seen) -> Admitted:
    """Keep the subjects that the policy admits; a policy that looks only at the caller is asked once."""
    if policy.caller_only:
        if policy.allows_caller(facts):
            return Admitted(subjects)
        return Admitted([], denied=len(subjects), reasons=policy.explain(facts).lines)
    trace = Trace()
    profiles = profiles_of(subjects, seen)
    answers = policy.allows_each(facts, profiles, trace)
    kept = [subject for subject, answer in zip(subjects, answers, strict=True) if answer]
    denied = len(subjects) - len(kept)
    return Admitted(kept, denied, trace.lines if denied else [], sorted(set(trace.faults)))
