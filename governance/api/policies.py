"""Access policies and their templates in the wire contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson

from governance.actions.policies import KIND as POLICY
from governance.actions.policies import Branch, publish_policy, republish_policy, retire_policy
from governance.actions.policy_templates import KIND as TEMPLATE
from governance.actions.policy_templates import (
    publish_template,
    republish_template,
    retire_template,
    retire_template_version,
)
from governance.actions.policy_versions import retire_policy_version
from governance.errors import Invalid
from governance.identities import Caller
from governance.models import AccessPolicy, PolicyComponent, PolicyTemplate, Revision
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import VERSIONED, Keys, Members, text_key
from governance.wire.policies import rendered_former_policy, rendered_policy
from governance.wire.references import optionally_referred
from governance.wire.shapes import ANY, FLAG, ID, NUMBER, REFERENCE, TEXT, array, choice, shape

COUNT = {**NUMBER, "description": "0: no limit."}


@dataclass(frozen=True, slots=True)
class TemplateAsked:
    """A template as a body asks for it; `version` is the one that is changed."""

    name: str
    function: str
    description: str
    version: int


class PolicyTemplates(Family[PolicyTemplate]):
    """Rules with parameters: native, or scripts `policy(context, params)`."""

    name = "access_policy_template"
    wrapper = "access_policy_template"
    model = PolicyTemplate
    name_parameter = "template_name"
    version_parameter = "template_version"
    revisions = TEMPLATE
    retires_by_version = names_retired_version = True
    keys = VERSIONED
    shape = shape(id=ID, name=TEXT, description=TEXT, function=TEXT, version=NUMBER, is_system=FLAG, native=TEXT)

    def render(self, row: PolicyTemplate) -> dict[str, Any]:
        return {
            "id": str(row.public_id),
            "name": row.name,
            "description": row.description,
            "function": row.function,
            "version": row.version,
            "is_system": row.is_system,
            "native": row.native,
        }

    def read(self, fields: Fields, stored: PolicyTemplate | None) -> TemplateAsked:
        return TemplateAsked(
            name=fields.text("name", stored.name if stored else None),
            function=fields.text("function", stored.function if stored else None),
            description=fields.kept_text("description", stored.description if stored else ""),
            version=fields.number("version") if stored else 0,
        )

    def create(self, caller: Caller, asked: TemplateAsked, public_id: UUID | None) -> PolicyTemplate:
        return publish_template(
            caller, name=asked.name, function=asked.function, description=asked.description, public_id=public_id
        )

    def update(self, caller: Caller, asked: TemplateAsked, public_id: UUID) -> PolicyTemplate:
        return republish_template(
            caller,
            public_id=public_id,
            version=asked.version,
            name=asked.name,
            function=asked.function,
            description=asked.description,
        )

    def render_former(self, row: PolicyTemplate, revision: Revision) -> dict[str, Any]:
        return {**self.render(row), **revision.body, "version": revision.version}

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_template(caller, public_id=public_id)

    def retire_version(self, caller: Caller, public_id: UUID, version: int) -> None:
        retire_template_version(caller, public_id=public_id, version=version)


@dataclass(frozen=True, slots=True)
class PolicyAsked:
    """A policy as a body asks for it; None keeps what is stored."""

    name: str
    description: str
    policy_type: str
    version: int
    components: tuple[Branch, ...]
    required_context: Mapping[str, Any] | None
    thresholds: Mapping[str, Any] | None


class AccessPolicies(Family[AccessPolicy]):
    """AND/OR over templates with parameters and other policies."""

    name = "access_policy"
    wrapper = "access_policy"
    model = AccessPolicy
    name_parameter = "policy_name"
    version_parameter = "policy_version"
    revisions = POLICY
    retires_by_version = names_retired_version = True
    keys: ClassVar[Keys] = {
        **VERSIONED,
        "policy_type": text_key("policy_type"),
        "templates": Members(PolicyComponent, "policy", "template__public_id"),
        "policies": Members(PolicyComponent, "policy", "child__public_id"),
    }
    shape = shape(
        id=ID,
        name=TEXT,
        description=TEXT,
        policy_type=choice(AccessPolicy.ALL, AccessPolicy.ANY),
        version=NUMBER,
        components=array(shape(policy=REFERENCE, template=REFERENCE, template_parameters=TEXT)),
        required_context=ANY,
        thresholds=shape(
            max_executions=COUNT,
            max_execution_duration_seconds=NUMBER,
            max_results_per_execution=COUNT,
            announce_max_execution_failure=FLAG,
            announce_max_result_failure=FLAG,
        ),
        is_system=FLAG,
    )

    def render(self, row: AccessPolicy) -> dict[str, Any]:
        return rendered_policy(row)

    def read(self, fields: Fields, stored: AccessPolicy | None) -> PolicyAsked:
        components = fields.nested_list("components")
        if stored is not None and not fields.has("components"):
            components = [Fields(each, "components") for each in rendered_policy(stored)["components"]]
        return PolicyAsked(
            name=fields.text("name", stored.name if stored else None),
            description=fields.kept_text("description", stored.description if stored else ""),
            policy_type=fields.text("policy_type", stored.policy_type if stored else None),
            version=fields.number("version") if stored else 0,
            components=tuple(branch_of(each) for each in components),
            required_context=fields.mapping("required_context") if fields.has("required_context") else None,
            thresholds=fields.mapping("thresholds") if fields.has("thresholds") else None,
        )

    def create(self, caller: Caller, asked: PolicyAsked, public_id: UUID | None) -> AccessPolicy:
        return publish_policy(
            caller,
            name=asked.name,
            policy_type=asked.policy_type,
            components=asked.components,
            description=asked.description,
            required_context=asked.required_context,
            thresholds=asked.thresholds,
            public_id=public_id,
        )

    def update(self, caller: Caller, asked: PolicyAsked, public_id: UUID) -> AccessPolicy:
        return republish_policy(
            caller,
            public_id=public_id,
            version=asked.version,
            name=asked.name,
            policy_type=asked.policy_type,
            components=asked.components,
            description=asked.description,
            required_context=asked.required_context,
            thresholds=asked.thresholds,
        )

    def render_former(self, row: AccessPolicy, revision: Revision) -> dict[str, Any]:
        return rendered_former_policy(row, revision)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_policy(caller, public_id=public_id)

    def retire_version(self, caller: Caller, public_id: UUID, version: int) -> None:
        retire_policy_version(caller, public_id=public_id, version=version)


def branch_of(fields: Fields) -> Branch:
    """Read one component; must run inside the environment."""
    return Branch(
        policy=optionally_referred(fields, "policy", AccessPolicy),
        template=optionally_referred(fields, "template", PolicyTemplate),
        parameters=parameters_in(fields, "template_parameters"),
    )


def parameters_in(fields: Fields, name: str) -> Mapping[str, Any]:
    """Read parameters, which the contract sends as JSON text; an object is taken as well."""
    given = fields.raw(name)
    if isinstance(given, Mapping):
        return given
    text = fields.text(name, "")
    if not text.strip():
        return {}
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict) or "\\u0000" in text:
        raise Invalid("The parameters have to be the text of a JSON object.", field=fields.path(name))
    return parsed
