"""Trying policies and templates out: the real sandbox, nothing stored, and on record that somebody did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from governance import events
from governance.actions.change import clearance_for, unprotected_clearance
from governance.actions.policies import Branch, check_type, components_of
from governance.actions.publishing import must_be_script
from governance.authorization import Clearance
from governance.identities import Caller
from governance.models import PolicyTemplate
from governance.policies.compilation import compiled, policy_of, template_node
from governance.policies.console import listening
from governance.policies.thresholds import NO_THRESHOLDS
from governance.policies.tree import CompiledPolicy, as_rule
from governance.policies.trying import MadeUpCall, Trial, tried
from keyring.walls import in_environment

TRIED = "Tried"
"""What a text that has no name yet is called in reasons."""


def try_policy(
    caller: Caller,
    *,
    policy_type: str,
    components: Sequence[Branch],
    call: MadeUpCall,
    now: datetime | None = None,
) -> tuple[Trial, UUID]:
    """Decide about a made-up call by a policy that is not published. Also gives the decision's id.

    Raises:
        Refused: the caller may not configure, or the environment is protected: what is tried may use its secrets.
        Invalid: the policy could not be published either.
        NotFound: a component names what does not exist.
    """
    now = now or timezone.now()
    check_type(policy_type)
    clearance = unprotected_clearance(caller, events.POLICY_TRIED, now=now)
    with listening() as lines:
        with in_environment(caller.environment_id):
            policy = compiled(
                TRIED, policy_type, components_of(components, environment_id=caller.environment_id), clearance.standing
            )
        trial = replace(tried(policy, call, clearance, now=now), lines=lines)
    return _on_record(events.POLICY_TRIED, clearance, trial, {})


def try_template(
    caller: Caller,
    *,
    function: str,
    parameters: Mapping[str, Any],
    call: MadeUpCall,
    now: datetime | None = None,
) -> tuple[Trial, UUID]:
    """Decide about a made-up call by a template that is not published. Also gives the decision's id.

    Raises:
        Refused: the caller may not configure, or the environment is protected.
        Invalid: the function is no script that could be published.
    """
    now = now or timezone.now()
    clearance = unprotected_clearance(caller, events.TEMPLATE_TRIED, now=now)
    must_be_script(function, function="policy")
    with listening() as lines:
        node = template_node(
            PolicyTemplate(name=TRIED, function=function), parameters, environment_id=caller.environment_id
        )
        policy = CompiledPolicy(TRIED, 0, node, as_rule(node), NO_THRESHOLDS)
        trial = replace(tried(policy, call, clearance, now=now), lines=lines)
    return _on_record(events.TEMPLATE_TRIED, clearance, trial, {})


def try_published_policy(
    caller: Caller, *, public_id: UUID, call: MadeUpCall, now: datetime | None = None
) -> tuple[Trial, UUID]:
    """Decide about a made-up call by the policy that holds. Also gives the decision's id.

    Raises:
        Refused: the caller may not configure.
        NotFound: there is no such policy.
    """
    now = now or timezone.now()
    clearance = clearance_for(caller, "configure", events.POLICY_TRIED, now=now)
    policy = policy_of(clearance.standing, public_id)
    facts = {"policy": public_id, "name": policy.name, "version": policy.version}
    return _on_record(events.POLICY_TRIED, clearance, tried(policy, call, clearance, now=now), facts)


def _on_record(event: EventKind, clearance: Clearance, trial: Trial, facts: Mapping[str, Any]) -> tuple[Trial, UUID]:
    """Record that something was tried, which tells rules and faults but nothing of the made-up call."""
    append(
        event,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts={**facts, "allowed": trial.allowed, **({"faults": list(trial.faults)} if trial.faults else {})},
        decision_id=clearance.decision_id,
    )
    return trial, clearance.decision_id
