"""Policies that are only tried out: compiled from what is asked for, decided about a call that is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from governance.authorization import Clearance
from governance.policies.facts import CallFacts
from governance.policies.tree import CompiledPolicy, Trace


@dataclass(frozen=True, slots=True)
class MadeUpCall:
    """A call as whoever tries a policy describes it. Nothing of it was observed, and none of it is kept."""

    action: str = "Execute"
    address: str | None = None
    purposes: tuple[str, ...] = ()
    claimed: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy says about a made-up call: the answer, rule by rule, and the scripts that failed."""

    allowed: bool
    reasons: Sequence[str]
    faults: Sequence[str]
    lines: Sequence[str] = ()
    """What scripts said to the console."""


def tried(policy: CompiledPolicy, call: MadeUpCall, clearance: Clearance, *, now: datetime) -> Trial:
    """Let a policy decide about a made-up call in the name of whoever tries it."""
    standing, caller = clearance.standing, clearance.caller
    client = standing.clients.get(caller.id)
    facts = CallFacts(
        action=call.action,
        caller=caller,
        now=now,
        address=call.address,
        environment_name=standing.environment_name,
        purpose_names=call.purposes,
        client_name=client.name if client else "",
        client_kind=client.kind if client else "",
        claimed=call.claimed,
    )
    trace = Trace()
    (allowed,) = policy.root.decide(facts, [call.user], trace)
    return Trial(allowed, trace.lines, trace.faults)
