"""Built-in objects: the same ids in every environment, as wire clients assume them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from governance.graph.aliases import INDEX_SCOPE
from governance.models import AccessPolicy, EdgeType, ObjectType, PolicyComponent, PolicyTemplate, Purpose
from governance.policies.templates import Template, native_templates
from keyring.actions import ensure_key
from keyring.keys import KeyKind
from keyring.models import WrappedKey

M = TypeVar("M", bound=models.Model)

ALLOW_ALL = UUID("3f380e42-0b21-4570-a312-91e1b80386fa")
DENY_ALL = UUID("c9c14750-b8f3-4507-bd3f-5c6562f0a6e6")
OPERATIONAL = UUID("7f55f479-3822-4976-a8a9-b789d5c6f152")
ACCESSOR_BASELINE = UUID("a78f1f88-3684-4e59-a01d-c121e259ec96")
MUTATOR_BASELINE = UUID("804e84f1-7fa4-4bb4-b785-4c89e1ceaba0")

_PURPOSES = (
    (OPERATIONAL, "operational", "Running the product itself.", "contract", True),
    (UUID("1bc65251-1dc3-4993-9d30-92e2593a18ef"), "analytics", "Understanding use.", "consent", False),
    (UUID("bc8e77f0-3104-4844-8a8c-c791908f947b"), "marketing", "Offers and news.", "consent", False),
    (UUID("8c88cd01-6001-4553-b003-87559f439061"), "support", "Helping somebody who asked.", "contract", False),
    (UUID("3f929a5c-0a3e-4e36-b911-25ff43000bf9"), "security", "Keeping accounts safe.", "legitimate_interests", False),
)
BUILT_IN_PURPOSES = frozenset(each[0] for each in _PURPOSES)
"""What every environment starts with; most of them can be retired, so not all are marked as the system's."""
_POLICIES = (
    (ALLOW_ALL, "AllowAll", "Allows every call.", "AllowAll", True),
    (DENY_ALL, "DenyAll", "Refuses every call.", "DenyAll", True),
    (ACCESSOR_BASELINE, "GlobalBaselinePolicyForAccessors", "Must hold for every accessor.", "AllowAll", False),
    (MUTATOR_BASELINE, "GlobalBaselinePolicyForMutators", "Must hold for every mutator.", "AllowAll", False),
)

USER_TYPE = UUID("1bf2b775-e521-41d3-8b7e-78e89427e6fe")
GROUP_TYPE = UUID("f5bce640-f866-4464-af1a-9e7474c4a90c")
LOGIN_APP_TYPE = UUID("9b90794f-0ed0-48d6-99a5-6fd578a9134d")
CAN_LOGIN = UUID("ea723951-fb93-4a29-b977-d27c01a61f58")
_OBJECT_TYPES = (
    (USER_TYPE, "_user"),
    (GROUP_TYPE, "_group"),
    (LOGIN_APP_TYPE, "_login_app"),
)

KEYS = (
    (KeyKind.FINGERPRINT, ""),
    (KeyKind.TEXT, ""),
    (KeyKind.SECRET, ""),
    (KeyKind.INDEX, INDEX_SCOPE),
)
"""Kinds and scopes of the keys that every environment has."""


def define_built_in(environment_id: UUID) -> None:
    """Make what every environment has from the start; the caller holds the transaction of the new one."""
    _define_graph_types(environment_id)
    Purpose.objects.bulk_create(
        Purpose(
            environment_id=environment_id, public_id=public_id, name=name, description=description,
            legal_basis=legal_basis, is_system=is_system,
        )
        for public_id, name, description, legal_basis, is_system in _PURPOSES
    )  # fmt: skip
    _define_policies(environment_id)


def _define_policies(environment_id: UUID) -> None:
    templates = PolicyTemplate.objects.bulk_create(_templates(environment_id))
    policies = AccessPolicy.objects.bulk_create(
        AccessPolicy(
            environment_id=environment_id, public_id=public_id, name=name, description=description, is_system=is_system
        )
        for public_id, name, description, _, is_system in _POLICIES
    )
    named = {template.name: template for template in templates}
    PolicyComponent.objects.bulk_create(
        PolicyComponent(environment_id=environment_id, policy=policy, ordinal=1, template=named[template_name])
        for policy, (_, _, _, template_name, _) in zip(policies, _POLICIES, strict=True)
    )


def complete_built_in(environment_id: UUID) -> list[str]:
    """Make the keys and templates that came with newer versions, and name them; the caller holds the transaction."""
    keys = make_lacking_keys(environment_id, KEYS)
    templates = lacking_among(PolicyTemplate, _templates(environment_id))
    PolicyTemplate.objects.bulk_create(templates)
    return [*keys, *(template.name for template in templates)]


def make_lacking_keys(environment_id: UUID, wanted: Sequence[tuple[KeyKind, str]]) -> list[str]:
    """Make those keys of which the environment has no version, and name their kinds."""
    kinds = {kind.value for kind, _ in wanted}
    known = set(WrappedKey.objects.filter(kind__in=kinds).values_list("kind", "scope"))
    lacking = [(kind, scope) for kind, scope in wanted if (kind.value, scope) not in known]
    return [
        f"{kind.value} key"
        for kind, scope in lacking
        if ensure_key(environment_id=environment_id, kind=kind, scope=scope)
    ]


def lacking_among(model: type[M], rows: Sequence[M]) -> list[M]:
    """Return those rows of which the environment has neither the id nor the name."""
    manager: Any = model._default_manager
    known = list(manager.values_list("public_id", "name"))
    ids, names = {public_id for public_id, _ in known}, {name.lower() for _, name in known}
    wanted: list[Any] = list(rows)
    return [row for row in wanted if row.public_id not in ids and row.name.lower() not in names]


def _templates(environment_id: UUID) -> list[PolicyTemplate]:
    return [
        PolicyTemplate(
            environment_id=environment_id,
            public_id=template.id,
            name=template.name,
            description=template.description,
            function=_shown_function(template),
            native=template.name,
            is_system=True,
        )
        for template in native_templates().values()
    ]


def _define_graph_types(environment_id: UUID) -> None:
    made = ObjectType.objects.bulk_create(
        ObjectType(environment_id=environment_id, public_id=public_id, name=name, is_system=True)
        for public_id, name in _OBJECT_TYPES
    )
    types = {made_type.public_id: made_type for made_type in made}
    EdgeType.objects.create(
        environment_id=environment_id, public_id=CAN_LOGIN, name="_can_login", source_type=types[USER_TYPE],
        target_type=types[LOGIN_APP_TYPE], is_system=True,
    )  # fmt: skip


def _shown_function(template: Template) -> str:
    """Return the text that wire clients see in place of a script."""
    described = "\n".join(f"// {key}: {text}" for key, text in template.parameters.items())
    return f"// native template {template.name}, evaluated by the server\n{described}".rstrip()
