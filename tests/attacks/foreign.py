"""Every call of the API, aimed at somebody else's objects: what an attacker with every right at home would send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from governance.actions.freezes import freeze
from governance.actions.graph import create_edge, create_object
from governance.actions.graph_types import Carried, define_edge_type, define_object_type
from governance.actions.organizations import define_organization
from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.identities import Caller, system_caller
from governance.models import ClientSecret, Right
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import ALLOW_ALL, NUMBER, Scene, new_scene, operational
from tests.api.user_rows import planted_identity
from tests.attacks.aim import Aim
from tests.attacks.further import further_aims, further_ids
from tests.attacks.web import Answer
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.datatypes import DataTypeSpec, FieldSpec, define_data_type
from userstore.actions.holds import place_hold
from userstore.actions.retention import set_retention
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.models import Value
from userstore.models.subjects import SOFT_DELETED
from userstore.retention.durations import Duration
from userstore.retention.settings import Scope

SCRIPT = "function policy(context, params) { return true; }"
SHOUT = "function transform(data, params) { return data.toUpperCase(); }"
TOKEN = "function transform(data, params) { return 'token-' + data.split('').reverse().join(''); }"


@dataclass(slots=True)
class Home:
    """An environment with one object of every kind, and their ids by name."""

    scene: Scene
    ids: dict[str, str]


def furnished_home(number: str = NUMBER) -> Home:
    """Make an environment in which there is one of everything, and one subject with a number."""
    scene = new_scene()
    environment, system = scene.environment, system_caller(scene.environment.id)
    assert scene.write(scene.line, number).status_code == 200
    other = cast.new_player(environment, "somebody", resolve=True)
    frozen = freeze(system, kind="client", target_id=other.client.public_id)
    purpose = cast.new_purpose(environment, "Winback")
    data_type = define_data_type(
        system, spec=DataTypeSpec("Address", "Where somebody lives", (FieldSpec("City", "string"),))
    )
    template = publish_template(system, name="OnlyHere", function=SCRIPT)
    policy = publish_policy(
        system, name="Onlyhere", policy_type="composite_and", components=[Branch(template=template.public_id)]
    )
    transformer = publish_transformer(system, spec=TransformerSpec("Shouting", "transform", SHOUT))
    by_value = publish_transformer(system, spec=TransformerSpec("Tokening", "tokenizebyvalue", TOKEN))
    tokens = publish_accessor(
        system,
        spec=AccessorSpec(
            "GetTokens",
            "{id} = ?",
            (OutputSpec(scene.column, transformer=by_value.public_id, token_policy=ALLOW_ALL),),
            (operational(environment),),
            ALLOW_ALL,
        ),
    )
    raw = f"raw-{uuid4().hex}"
    made = scene.line.post(
        "/tokenizer/tokens",
        {
            "data": raw,
            "transformer_rid": {"id": str(by_value.public_id)},
            "access_policy_rid": {"id": str(policy.public_id)},
        },
    )
    assert made.status_code == 201, made.content
    graph = planted_graph(scene.service.caller)
    kept = set_retention(system, scope=Scope(SOFT_DELETED, None, purpose.public_id), duration=Duration("day", 1))
    held = place_hold(system, purpose_id=purpose.public_id, reason="A case.")
    with in_environment(environment.id):
        right = Right.objects.get(user=other.client.account)
        secret = ClientSecret.objects.get(client=other.client)
        value = Value.objects.get()
    ids: dict[str, Any] = {
        "identity": planted_identity(other),
        "subject": scene.subject, "column": scene.column, "mutator": scene.mutator, "accessor": scene.accessor,
        "tokens": tokens.public_id, "client": other.client.public_id, "freeze": frozen.public_id, "secret": secret.pk,
        "right": right.pk, "purpose": purpose.public_id, "template": template.public_id, "policy": policy.public_id,
        "transformer": transformer.public_id, "tokenizer": by_value.public_id, "token": made.json()["data"],
        "data_type": data_type.public_id, "environment": environment.id, "entry": uuid4(), "raw": raw,
        "value": value.pk,
        **graph, **further_ids(scene),
        "retention": kept.public_id, "hold": held.public_id,
    }  # fmt: skip
    return Home(scene, {name: str(each) for name, each in ids.items()})


def planted_graph(caller: Caller) -> dict[str, Any]:
    """An organization, types with an attribute, two objects and the edge between them."""
    organization = define_organization(caller, name=f"Example {uuid4().hex}")
    kind = define_object_type(caller, name="Thing").public_id
    carried = [Carried("view", "direct")]
    edge_type = define_edge_type(caller, name="Views", source_type=kind, target_type=kind, attributes=carried).public_id
    alias = f"alias-{uuid4().hex}"
    one, other = create_object(caller, type_id=kind, alias=alias), create_object(caller, type_id=kind)
    edge = create_edge(caller, edge_type_id=edge_type, source_id=one.public_id, target_id=other.public_id)
    return {
        "organization": organization.public_id, "object_type": kind, "edge_type": edge_type, "alias": alias,
        "object": one.public_id, "member": other.public_id, "edge": edge.public_id,
    }  # fmt: skip


def unknown_ids(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same shapes that nothing anywhere has."""

    def made_up(known: str) -> str:
        return str(uuid4()) if _is_id(known) else "9" * len(known) if known.isdigit() else known[::-1]

    return {name: made_up(known) for name, known in ids.items()}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def aims() -> list[Aim]:
    """Every call of the API, with somebody else's object wherever it names one; what creates comes last."""
    user, one = {"user_id": "{subject}"}, {"id": "{subject}"}
    change = {"phone": {"value_additions": ["+49 151 5550123"], "purpose_additions": [{"id": "{purpose}"}]}}
    write = {"mutator_id": "{mutator}", "context": {}, "selector_values": ["{subject}"], "row_data": change}
    pair = {"data": "{raw}", "transformer_rid": {"id": "{tokenizer}"}, "access_policy_rid": {"id": "{policy}"}}
    pairs = {
        "data": ["{raw}"],
        "transformer_rids": [pair["transformer_rid"]],
        "access_policy_rids": [pair["access_policy_rid"]],
    }
    between = "source_object_id={object}&target_object_id={member}&target_object_type_id={object_type}"
    right = {"holder": {"kind": "client", "id": "{client}"}, "operation": "read"}
    return [
        Aim("POST", "userstore/api/accessors", {"accessor_id": "{accessor}", "selector_values": ["{subject}"]}),
        Aim("POST", "userstore/api/accessors/unmask",
            {"accessor_id": "{accessor}", "user_id": "{subject}", "selector_values": ["{subject}"],
             "columns": ["phone"], "purpose": "operational"}),
        Aim("POST", "userstore/api/mutators", write),
        Aim("POST", "userstore/api/users", {**write, **one}),
        Aim("POST", "userstore/api/consentedpurposes", {**user, "columns": [{"id": "{column}"}]}),
        Aim("POST", "userstore/api/consents", {**user, "purpose": "Winback", "permitted": False}),
        Aim("POST", "userstore/api/consents", {**user, "purpose": "operational", "permitted": True,
                                               "value_id": "{value}"}),
        Aim("POST", "userstore/api/consents/list", user),
        Aim("POST", "userstore/api/consents/check", {"user_ids": ["{subject}"], "purpose": {"name": "operational"}}),
        Aim("POST", "tokenizer/tokens", pair),
        Aim("POST", "tokenizer/tokens/actions/resolve", {"tokens": ["{token}"], "context": {}, "purposes": []}),
        Aim("POST", "tokenizer/tokens/actions/resolve", {"tokens": [], "purposes": [{"id": "{purpose}"}]}),
        Aim("POST", "tokenizer/tokens/actions/inspect", {"token": "{token}"}),
        Aim("POST", "tokenizer/tokens/actions/lookup", pair),
        Aim("POST", "tokenizer/tokens/actions/lookuporcreate", pairs),
        Aim("DELETE", "tokenizer/tokens", query="?token={token}"),
        Aim("GET", "authn/users"),
        Aim("GET", "authn/users/{subject}"),
        Aim("PUT", "authn/users/{subject}", {"profile": {"phone": "[]"}}),
        Aim("DELETE", "authn/users/{subject}"),
        Aim("GET", "userstore/config/regions"),
        Aim("GET", "userstore/download/codegensdk.py"),
        Aim("POST", "tokenizer/policies/access/actions/execute", {"access_policy_rid": {"id": "{policy}"}}),
        Aim("POST", "tokenizer/policies/access/actions/test",
            {"access_policy": {"components": [{"policy": {"id": "{policy}"}}, {"template": {"id": "{template}"}}]}}),
        Aim("POST", "tokenizer/policies/accesstemplate/actions/test", {"access_policy_template": {"id": "{template}"}}),
        Aim("POST", "tokenizer/policies/transformation/actions/execute",
            {"transformer_rid": {"id": "{transformer}"}, "data": "x"}),
        Aim("POST", "tokenizer/policies/transformation/actions/test", {"transformer": {"id": "{transformer}"}}),
        *_family("userstore/config/datatypes", "data_type", "data_type"),
        *_family("userstore/config/purposes", "purpose", "purpose"),
        *_family("userstore/config/columns", "column", "column"),
        *_family("userstore/config/accessors", "accessor", "accessor"),
        *_family("userstore/config/mutators", "mutator", "mutator"),
        *_family("tokenizer/policies/transformation", "transformer", "transformer"),
        *_family("tokenizer/policies/access", "access_policy", "policy", query="?policy_version=0"),
        *_family("tokenizer/policies/accesstemplate", "access_policy_template", "template",
                 query="?template_version=0"),
        *_family("authz/objecttypes", "object_type", "object_type"),
        *_family("authz/edgetypes", "edge_type", "edge_type"),
        *_family("authz/organizations", "organization", "organization", bad=""),
        Aim("GET", "authz/objects", query="?type_id={object_type}&alias={alias}"),
        Aim("GET", "authz/objects/{object}"),
        Aim("GET", "authz/objects/{object}/edges"),
        Aim("GET", "authz/edges", query="?source_object_id={object}"),
        Aim("GET", "authz/edges/{edge}"),
        Aim("GET", "authz/checkattribute", query=f"?{between}&attribute=view"),
        Aim("GET", "authz/listattributes", query=f"?{between}"),
        Aim("GET", "authz/listobjectsreachablewithattribute", query=f"?{between}&attribute=view"),
        Aim("DELETE", "authz/edges/{edge}"),
        Aim("DELETE", "authz/objects/{object}/edges"),
        Aim("DELETE", "authz/objects/{object}"),
        Aim("POST", "authz/objects", {"object": {"id": "{object}", "type_id": "{object_type}"}}),
        Aim("POST", "authz/edges", {"edge": {"id": "{edge}", "edge_type_id": "{edge_type}",
                                             "source_object_id": "{object}", "target_object_id": "{member}"}}),
        *_lifecycle(),
        Aim("GET", "userstore/oidcissuers"),
        Aim("GET", "governance/external-identities"),
        Aim("DELETE", "governance/external-identities/{identity}"),
        Aim("PUT", "userstore/oidcissuers", ["https://login.example.com"]),
        Aim("POST", "governance/external-identities", {"issuer": "https://login.example.com", "client_id": "{client}"}),
        *further_aims(),
        Aim("GET", "governance/environment", query="?id={environment}"),
        Aim("GET", "governance/clients"),
        Aim("GET", "governance/clients/{client}"),
        Aim("PUT", "governance/clients/{client}", {"is_disabled": True}),
        Aim("POST", "governance/clients/{client}/secrets", {}),
        Aim("DELETE", "governance/clients/{client}/secrets/{secret}"),
        Aim("GET", "governance/rights"),
        Aim("POST", "governance/rights", {**right, "resource": {"kind": "accessor", "id": "{accessor}"}}),
        Aim("DELETE", "governance/rights/account-right-{right}"),
        Aim("GET", "governance/freezes"),
        *(
            Aim("POST", "governance/freezes", {"kind": kind, "target_id": f"{{{name or kind}}}"})
            for kind, name in (("environment", ""), ("client", ""), ("purpose", ""), ("column", ""), ("accessor", ""),
                               ("mutator", ""))
        ),
        Aim("POST", "governance/freezes/preview", {"kind": "client", "target_id": "{client}"}),
        Aim("DELETE", "governance/freezes/{freeze}"),
        *(Aim("GET", f"audit/{path}") for path in ("entries/{entry}", "export")),
        Aim("PUT", "governance/environment", {"id": "{environment}", "description": "told"}),
        Aim("POST", "governance/clients", {"id": "{client}", "name": ""}),
        Aim("POST", "authn/users", one),
    ]  # fmt: skip


def _family(route: str, wrapper: str, name: str, *, query: str = "", bad: str = "1 / is no name") -> list[Aim]:
    single, marked = f"{route}/{{{name}}}", {wrapper: {"id": f"{{{name}}}", "name": bad, "type": "string"}}
    return [
        Aim("GET", route),
        Aim("GET", single),
        Aim("PUT", single, marked),
        Aim("DELETE", single, query=query),
        Aim("POST", route, marked),
    ]


def _lifecycle() -> Iterator[Aim]:
    """Retention of somebody else's purposes and columns, and holds on them."""
    setting = {"purpose_id": "{purpose}", "duration": {"unit": "day", "duration": 1}}
    for prefix in ("live", "softdeleted"):
        for scope in ("", "purposes/{purpose}/", "columns/{column}/"):
            route = f"userstore/config/{scope}{prefix}retentiondurations"
            several = {"retention_durations": [{**setting, "id": "{retention}"}]}
            yield Aim("GET", route)
            yield Aim("POST", route, several if "columns" in scope else {"retention_duration": {"id": "{retention}"}})
            yield Aim("GET", f"{route}/{{retention}}")
            yield Aim("PUT", f"{route}/{{retention}}", {"retention_duration": setting})
            yield Aim("DELETE", f"{route}/{{retention}}")
    whole = {**setting, "duration_type": "live", "column_id": "{column}"}
    yield Aim("POST", "userstore/config/retention/preview", {"retention_durations": [whole]})
    yield Aim("GET", "userstore/config/retention/changes")
    yield Aim("GET", "userstore/config/legalholds")
    for name, target in (("user_id", "subject"), ("column_id", "column"), ("purpose_id", "purpose")):
        yield Aim("POST", "userstore/config/legalholds", {"reason": "A case.", name: f"{{{target}}}"})
    yield Aim("DELETE", "userstore/config/legalholds/{hold}")


def filled(template: Any, ids: dict[str, str]) -> Any:
    """The template with ids in place of their names."""
    if isinstance(template, dict):
        return {key: filled(value, ids) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, ids) for value in template]
    return re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], template) if isinstance(template, str) else template


_OWN_TO_ONE_ANSWER = tuple(
    rb'"%s":"[^"]*"' % name
    for name in (b"request_id", b"instance", b"decision_id", b"presigned_url", b"expiration", b"import_id")
)
_NAMED = frozenset({"x-request-id", "x-sealbook-decision", "date"})
_HOP = "connection"  # closed where the body had not arrived yet when the answer was there: a matter of packets


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What an answer says, without what belongs to this one call, and with ids by their names."""
    body = answer.body
    for pattern in _OWN_TO_ONE_ANSWER:
        body = re.sub(pattern, b"", body)
    for name, value in ids.items():
        if not value.isdigit():
            body = body.replace(value.encode(), b"{" + name.encode() + b"}")
    headers = {name: "" if name in _NAMED else value for name, value in answer.headers.items() if name != _HOP}
    return answer.status, headers, body
