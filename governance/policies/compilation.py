"""From stored policies to compiled ones, once per environment and epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from governance.errors import Invalid, NotFound
from governance.models import AccessPolicy, PolicyComponent, PolicyTemplate
from governance.policies.attributes import AttributeTemplate
from governance.policies.hosting import offered
from governance.policies.sandbox import Script
from governance.policies.templates import native_templates
from governance.policies.thresholds import NO_THRESHOLDS, thresholds_of
from governance.policies.tree import CompiledPolicy, NativeNode, Node, ScriptNode, as_rule, combine
from governance.standing import Standing
from keyring.walls import in_environment

MAX_DEPTH = 16


def policy_of(standing: Standing, public_id: UUID) -> CompiledPolicy:
    """Return a policy compiled for this epoch.

    Raises:
        NotFound: no such policy in the environment.
        Invalid: it cannot be compiled (a cycle, a parameter that its template no longer takes).
    """
    return standing.part(("policy", public_id), lambda: _compile(standing, public_id))


def compiled(name: str, policy_type: str, components: Iterable[PolicyComponent], standing: Standing) -> CompiledPolicy:
    """Compile a policy that is not stored; must run inside the environment. `Invalid` where it does not hang together.

    It has no thresholds: nothing of what is only tried out is counted.
    """
    root = _joined(name, policy_type, components, standing, ancestors=())
    return CompiledPolicy(name, 0, root, as_rule(root), NO_THRESHOLDS)


def _compile(standing: Standing, public_id: UUID) -> CompiledPolicy:
    with in_environment(standing.environment_id):
        policy = AccessPolicy.objects.filter(public_id=public_id).first()
        if policy is None:
            raise NotFound("There is no such access policy.", field="access_policy")
        root = _node_of(policy, standing, ancestors=())
    return CompiledPolicy(policy.name, policy.version, root, as_rule(root), thresholds_of(policy.thresholds))


def _node_of(policy: AccessPolicy, standing: Standing, *, ancestors: tuple[int, ...]) -> Node:
    if policy.pk in ancestors or len(ancestors) >= MAX_DEPTH:
        raise Invalid(f"Policy {policy.name} contains itself.", field="components", remedy="Remove the circle.")
    components = PolicyComponent.objects.filter(policy=policy).select_related("child", "template")
    return _joined(policy.name, policy.policy_type, components, standing, ancestors=(*ancestors, policy.pk))


def _joined(
    name: str,
    policy_type: str,
    components: Iterable[PolicyComponent],
    standing: Standing,
    *,
    ancestors: tuple[int, ...],
) -> Node:
    parts = [_part_of(component, standing, ancestors=ancestors) for component in components]
    if not parts:
        raise Invalid(f"Policy {name} has no component.", field="components")
    return combine(name, parts, needs_all=policy_type == AccessPolicy.ALL)


def _part_of(component: PolicyComponent, standing: Standing, *, ancestors: tuple[int, ...]) -> Node:
    if component.child is not None:
        return _node_of(component.child, standing, ancestors=ancestors)
    if component.template is None:  # the database forbids it
        raise Invalid("A policy component names neither a policy nor a template.", field="components")
    return template_node(component.template, component.parameters, environment_id=standing.environment_id)


def template_node(template: PolicyTemplate, parameters: Mapping[str, Any], *, environment_id: UUID) -> Node:
    """Compile one template with its parameters; `Invalid` when the two do not fit."""
    if template.native:
        native = native_templates().get(template.native)
        if native is None:
            raise Invalid(f"This deployment has no native template {template.native}.", field="template")
        if isinstance(native, AttributeTemplate):
            return native.node(parameters)
        return NativeNode(template.name, native.compile(parameters))
    script = Script(
        environment_id=environment_id,
        key=f"template:{template.public_id}:{template.version}",
        source=template.function,
        function="policy",
        host_calls=offered(template.function, "policy"),
    )
    return ScriptNode(template.name, script, dict(parameters))
