"""Publishing and retiring access policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from governance import events
from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import (
    must_be_editable,
    refuse_existing,
    refuse_in_use,
    refuse_taken_name,
)
from governance.actions.versions import keep_stored, keep_version, withdraw_all
from governance.catalogue import uses_of
from governance.drafts.draftable import draftable
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import AccessPolicy, PolicyComponent, PolicyTemplate
from governance.policies.compilation import MAX_DEPTH, template_node
from governance.policies.thresholds import read_thresholds, thresholds_of, written

KIND = "access_policy"
"""What revisions of access policies are called."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One component of a policy as asked for: exactly one of policy and template, by public id."""

    policy: UUID | None = None
    template: UUID | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@draftable
def publish_policy(
    caller: Caller,
    *,
    name: str,
    policy_type: str,
    components: Sequence[Branch],
    description: str = "",
    required_context: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    public_id: UUID | None = None,
) -> AccessPolicy:
    """Publish version 0 of an access policy.

    Raises:
        Invalid: bad name or type, no component, a parameter that a template does not take, a circle, a limit that makes
            no sense.
        NotFound: a component names an unknown policy or template.
        Conflict: name or id is taken; identical when the components are the same.
    """
    name = checked_name(name, what="access policy")
    check_type(policy_type)
    limits = read_thresholds(thresholds or {})
    with configuration_change(caller, events.POLICY_PUBLISHED) as change:
        refuse_existing(
            AccessPolicy,
            name=name,
            public_id=public_id,
            is_same=lambda stored: (
                stored.policy_type == policy_type
                and thresholds_of(stored.thresholds) == limits
                and _same_branches(stored, components)
            ),
        )
        policy = AccessPolicy.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            description=description,
            policy_type=policy_type,
            required_context=dict(required_context or {}),
            thresholds=written(limits),
        )
        set_components(policy, components)
        record_policy(change, policy)
    return policy


@draftable
def republish_policy(
    caller: Caller,
    *,
    public_id: UUID,
    version: int,
    name: str,
    policy_type: str,
    components: Sequence[Branch],
    description: str,
    required_context: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, Any] | None = None,
) -> AccessPolicy:
    """Publish the next version of a policy; absent context and thresholds keep what is stored."""
    name = checked_name(name, what="access policy")
    check_type(policy_type)
    limits = None if thresholds is None else read_thresholds(thresholds)
    with configuration_change(caller, events.POLICY_PUBLISHED) as change:
        policy = policy_to_change(public_id)
        must_be_editable(policy, version)
        refuse_taken_name(AccessPolicy, name=name, public_id=public_id)
        keep_stored(change, kind=KIND, public_id=public_id, version=policy.version, body=policy_body(policy))
        policy.name, policy.policy_type, policy.description = name, policy_type, description
        if required_context is not None:
            policy.required_context = dict(required_context)
        if limits is not None:
            policy.thresholds = written(limits)
        policy.version += 1
        policy.save()
        set_components(policy, components)
        record_policy(change, policy)
    return policy


@draftable
def retire_policy(caller: Caller, *, public_id: UUID) -> None:
    """Retire a policy that nothing uses, with all its versions.

    Raises:
        Invalid: it is built in.
        Conflict: another policy, or something on a floor above, uses it.
    """
    with configuration_change(caller, events.POLICY_RETIRED) as change:
        end_policy(change, retirable_policy(public_id))


def retirable_policy(public_id: UUID) -> AccessPolicy:
    """Return a policy that may be retired, locked."""
    policy = policy_to_change(public_id)
    if policy.is_system:
        raise Invalid("A built-in policy cannot be retired.", field="id")
    return policy


def end_policy(change: Change, policy: AccessPolicy) -> None:
    """Let a policy and its versions end; `Conflict` while something uses it."""
    parents = policy.parents.values_list("policy__name", flat=True)
    refuse_in_use("policy", [*uses_of("access_policy", policy.public_id), *parents], public_id=policy.public_id)
    withdraw_all(change, kind=KIND, public_id=policy.public_id)
    change.facts.update(policy=policy.public_id, name=policy.name, version=policy.version)
    policy.delete()


def policy_body(policy: AccessPolicy) -> dict[str, Any]:
    """What a revision keeps of a policy."""
    return {
        "name": policy.name,
        "description": policy.description,
        "policy_type": policy.policy_type,
        "required_context": policy.required_context,
        "thresholds": policy.thresholds,
        "components": [
            {
                "policy": str(c.child.public_id) if c.child else None,
                "template": str(c.template.public_id) if c.template else None,
                "parameters": c.parameters,
            }
            for c in policy.components.select_related("child", "template").order_by("ordinal")
        ],
    }


def check_type(policy_type: object) -> None:
    """Refuse a way of combining components that there is not."""
    if policy_type not in {AccessPolicy.ALL, AccessPolicy.ANY}:
        raise Invalid("A policy combines its components by composite_and or composite_or.", field="policy_type")


def policy_to_change(public_id: UUID) -> AccessPolicy:
    """Return a policy, locked until the change is done."""
    policy = AccessPolicy.objects.select_for_update().filter(public_id=public_id).first()
    if policy is None:
        raise NotFound("There is no such access policy.", field="id")
    return policy


def set_components(policy: AccessPolicy, branches: Sequence[Branch]) -> None:
    """Give a policy these components in place of those it has; `Invalid` or `NotFound` where they do not fit."""
    components = components_of(branches, environment_id=policy.environment_id)
    policy.components.all().delete()
    for component in components:
        child, ordinal = component.child, component.ordinal
        if child is not None and _reaches(child, policy, depth=0):
            raise Invalid(f"Component {ordinal} makes the policy contain itself.", field="components", position=ordinal)
        component.policy = policy
        component.save()


def components_of(branches: Sequence[Branch], *, environment_id: UUID) -> list[PolicyComponent]:
    """Find what branches name and check the parameters; nothing is stored. Raises like `set_components`."""
    if not branches:
        raise Invalid("A policy needs at least one component.", field="components")
    components = []
    for ordinal, branch in enumerate(branches, start=1):
        child, template = _resolved(branch, ordinal)
        if template is not None:
            template_node(template, branch.parameters, environment_id=environment_id)
        components.append(
            PolicyComponent(
                environment_id=environment_id,
                ordinal=ordinal,
                child=child,
                template=template,
                parameters=dict(branch.parameters),
            )
        )
    return components


def _resolved(branch: Branch, ordinal: int) -> tuple[AccessPolicy | None, PolicyTemplate | None]:
    if (branch.policy is None) == (branch.template is None):
        raise Invalid("A component names a policy or a template, not both.", field="components", position=ordinal)
    if branch.policy is not None:
        child = AccessPolicy.objects.filter(public_id=branch.policy).first()
        if child is None:
            raise NotFound("A component names an unknown policy.", field="components", position=ordinal)
        return child, None
    template = PolicyTemplate.objects.filter(public_id=branch.template).first() if branch.template else None
    if template is None:
        raise NotFound("A component names an unknown template.", field="components", position=ordinal)
    return None, template


def _reaches(start: AccessPolicy, target: AccessPolicy, *, depth: int) -> bool:
    if start.pk == target.pk or depth >= MAX_DEPTH:
        return True
    children = AccessPolicy.objects.filter(parents__policy=start)
    return any(_reaches(child, target, depth=depth + 1) for child in children)


def _same_branches(policy: AccessPolicy, branches: Sequence[Branch]) -> bool:
    asked = [
        {
            "policy": str(b.policy) if b.policy else None,
            "template": str(b.template) if b.template else None,
            "parameters": dict(b.parameters),
        }
        for b in branches
    ]
    return bool(policy_body(policy)["components"] == asked)


def record_policy(change: Change, policy: AccessPolicy) -> None:
    """Keep what was published, and let the record name it."""
    keep_version(change, kind=KIND, public_id=policy.public_id, version=policy.version, body=policy_body(policy))
    change.facts.update(policy=policy.public_id, name=policy.name, version=policy.version)
