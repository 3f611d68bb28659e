"""Every address of the API x every kind of caller: who gets in, and who gets nothing.

A new endpoint without a row fails here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from governance.actions.clients import change_client
from governance.actions.freezes import freeze
from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import Right
from keyring.walls import in_environment
from tests import cast
from tests.api.access_rows import access_ids, access_rows
from tests.api.build_rows import build_ids, build_rows
from tests.api.calling import ALLOW_ALL, NUMBER, UUID_TRANSFORMER, Line, Scene, line_of, new_scene
from tests.api.change_rows import change_rows
from tests.api.finding_rows import finding_ids, finding_rows
from tests.api.governance_rows import governance_rows
from tests.api.graph_rows import graph_rows, planted_graph
from tests.api.hub_rows import hub_ids, hub_rows
from tests.api.import_rows import UPLOAD_ADDRESS, import_ids, import_rows
from tests.api.lifecycle_calls import lifecycle_calls, lifecycle_ids
from tests.api.notice_rows import notice_ids, notice_rows
from tests.api.rows import Row, built_in, defined_here
from tests.api.script_rows import script_ids, script_rows
from tests.api.sealing_rows import erasure_rows, sealing_rows
from tests.api.user_rows import planted_identity, user_rows
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db

PUBLIC = {
    "oidc/token": {"POST"},
    "governance/launches": {"POST"},
    "governance/launches/nonces": {"POST"},
    ".well-known/jwks.json": {"GET"},
    ".well-known/openid-configuration": {"GET"},
    "healthz": {"GET"},
    "readyz": {"GET"},
    UPLOAD_ADDRESS: {"PUT"},
}
"""Addresses that need no token: they hand tokens out, say how to verify them, say that the server lives, or are secret
themselves."""

_ALL, _UUIDS = {"id": str(ALLOW_ALL)}, {"id": str(UUID_TRANSFORMER)}
TOKEN_PAIR = {"data": "raw", "transformer_rid": _UUIDS, "access_policy_rid": _ALL}
TOKEN_PAIRS = {"data": ["raw"], "transformer_rids": [_UUIDS], "access_policy_rids": [_ALL]}

TRIED = {
    "policy": {"access_policy": {"components": [{"policy": {"id": str(ALLOW_ALL)}}]}, "context": {}},
    "template": {"access_policy_template": {"function": "function policy(context, params) { return true; }"}},
    "transformer": {"transformer": {"function": "function transform(data, params) { return 'y'; }"}, "data": "x"},
}
"""What is tried out and not stored: it works in every environment alike."""


def rows(scene: Scene) -> list[Row]:
    user = {"user_id": str(scene.subject)}
    consent = {**user, "purpose": "marketing", "permitted": False}
    check = {"user_ids": [str(scene.subject)], "purpose": {"name": "operational"}}
    write = scene.write_body()
    create = {**write, "id": str(uuid4())}
    return [
        Row("POST", "userstore/api/accessors", scene.read_body(), abroad=400),
        Row("POST", "userstore/api/accessors/unmask", scene.unmask_body(), abroad=400),
        Row("POST", "userstore/api/mutators", write, abroad=400),
        Row("POST", "userstore/api/mutators/batch", {**write, "items": [write]}, abroad=400),
        Row("POST", "userstore/api/users", create, abroad=400),
        Row("POST", "userstore/api/consentedpurposes", user, abroad=400),
        Row("POST", "userstore/api/consents", consent, abroad=400),
        Row("POST", "userstore/api/consents/list", user, abroad=400),
        Row("POST", "userstore/api/consents/check", check, abroad=200),
        Row("POST", "tokenizer/tokens", TOKEN_PAIR, service=201, abroad=201),
        Row("DELETE", "tokenizer/tokens", query="?token=unknown", service=400, abroad=400),
        Row("POST", "tokenizer/tokens/actions/create", {**TOKEN_PAIR, "data": ["raw"]}, service=201, abroad=201),
        Row("POST", "tokenizer/tokens/actions/resolve", {"tokens": ["unknown"]}, abroad=200),
        Row("POST", "tokenizer/tokens/actions/inspect", {"token": "unknown"}, service=400, abroad=400),
        Row("POST", "tokenizer/tokens/actions/lookup", TOKEN_PAIR, abroad=200),
        Row("POST", "tokenizer/tokens/actions/lookuporcreate", TOKEN_PAIRS, abroad=200),
        *sealing_rows(scene),
        *erasure_rows(),
        *import_rows(scene),
        Row("POST", "authn/users", {}, abroad=200),
        Row("GET", "authn/users", abroad=200),
        Row("GET", "authn/users/<uuid:subject_id>"),
        Row("PUT", "authn/users/<uuid:subject_id>", {"profile": {}}),
        Row("DELETE", "authn/users/<uuid:subject_id>", service=204),
        *built_in("userstore/config/datatypes", "data_type"),
        *built_in("userstore/config/purposes", "purpose"),
        *defined_here("userstore/config/columns", "column", retired=409),
        *defined_here("userstore/config/accessors", "accessor", retired=204),
        *defined_here("userstore/config/mutators", "mutator", retired=204),
        Row("POST", "tokenizer/policies/transformation/actions/test", TRIED["transformer"], abroad=200),
        Row(
            "POST",
            "tokenizer/policies/transformation/actions/execute",
            {"transformer_rid": {"name": "Shouting"}, "data": "x"},
            service=400,
            abroad=400,
        ),
        Row("POST", "tokenizer/policies/access/actions/test", TRIED["policy"], abroad=200),
        Row(
            "POST",
            "tokenizer/policies/access/actions/execute",
            {"access_policy_rid": {"id": str(ALLOW_ALL)}},
            abroad=200,
        ),
        Row("POST", "tokenizer/policies/accesstemplate/actions/test", TRIED["template"], abroad=200),
        *built_in("tokenizer/policies/transformation", "transformer"),
        *built_in("tokenizer/policies/access", "access_policy", query="?policy_version=0"),
        *built_in("tokenizer/policies/accesstemplate", "access_policy_template", query="?template_version=0"),
        *graph_rows(),
        *lifecycle_calls(),
        *script_rows(),
        *build_rows(),
        *user_rows(),
        *governance_rows(),
        *change_rows(),
        *access_rows(),
        *notice_rows(),
        *finding_rows(),
        *hub_rows(),
    ]


@dataclass
class World:
    """The scene, and ids to put into addresses."""

    scene: Scene
    ids: dict[str, str]

    def address(self, row: Row) -> str:
        """Fill in an id of the scene's environment."""
        path = row.route
        for placeholder, value in self.ids.items():
            path = path.replace(placeholder, value)
        family = next((f for f in self.families if row.route.startswith(f)), None)
        return f"/{path.replace('<uuid:public_id>', self.families.get(family or '', str(uuid4())))}{row.query}"

    @property
    def families(self) -> dict[str, str]:
        return {
            "userstore/config/datatypes": "33dc5de6-94b6-4f08-94b6-e04d1f981671",
            "userstore/config/purposes": "7f55f479-3822-4976-a8a9-b789d5c6f152",
            "userstore/config/columns": str(self.scene.column),
            "userstore/config/accessors": str(self.scene.accessor),
            "userstore/config/mutators": str(self.scene.mutator),
            "authz/objecttypes": "1bf2b775-e521-41d3-8b7e-78e89427e6fe",
            "authz/edgetypes": "ea723951-fb93-4a29-b977-d27c01a61f58",
            "authz/organizations": self.ids["<organization>"],
            "tokenizer/policies/transformation": str(UUID_TRANSFORMER),
            "tokenizer/policies/accesstemplate": "1e742248-fdde-4c88-9ea7-2c2106ec7aa8",
            "tokenizer/policies/access": str(ALLOW_ALL),
        }


def new_world() -> World:
    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    other = cast.new_player(scene.environment, "somebody", resolve=True)
    frozen = freeze(system_caller(scene.environment.id), kind="client", target_id=other.client.public_id)
    with in_environment(scene.environment.id):
        right = Right.objects.get(user=other.client.account)
    ids = {
        **planted_graph(scene),
        "<uuid:identity_id>": str(planted_identity(other)),
        "<uuid:subject_id>": str(scene.subject),
        "<uuid:client_id>": str(other.client.public_id),
        **lifecycle_ids(scene),
        "<int:secret_id>": "0",
        "<slug:holder_kind>": "account",
        "<int:number>": str(right.pk),
        "<uuid:freeze_id>": str(frozen.public_id),
        **{f"<uuid:{name}_id>": str(uuid4()) for name in ("reserved", "plan", "entry", "erasure", "key", "change")},
        "<slug:detection>": "D9",
        **script_ids(),
        **access_ids(scene),
        **notice_ids(scene),
        **finding_ids(scene),
        **build_ids(),
        **import_ids(scene),
        **hub_ids(scene),
    }
    return World(scene, ids)


begun, world = beginning(new_world)


def told(line: Line, world: World, row: Row) -> int:
    answer = line.send(row.method, world.address(row), row.body)
    shown = answer.getvalue().decode()
    assert NUMBER not in shown and "Traceback" not in shown
    return answer.status_code


def every_call() -> Iterator[tuple[str, str]]:
    """Every method of every address below the API's prefixes."""
    prefixes = tuple(prefix.lstrip("/") for prefix in settings.API_PREFIXES)
    for route, pattern in walk(get_resolver().url_patterns, ""):
        if route.startswith(prefixes):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            names = view.http_method_names if view else ["get"]
            for method in names:
                if view is None or (method != "options" and hasattr(view, method)):
                    yield method.upper(), route


def walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern


def test_every_call_of_the_api_has_a_row(world: World) -> None:
    known = {(row.method, row.route) for row in rows(world.scene)}
    known |= {(method, route) for route, methods in PUBLIC.items() for method in methods}
    assert {(method, route) for method, route in every_call() if method != "HEAD"} == known


def test_nobody_gets_in_without_a_token(world: World) -> None:
    assert answers(Line(None), world) == expected(world, 401)


def test_a_forged_or_expired_token_is_none(world: World) -> None:
    old = line_of(world.scene.service, issued=time.time() - 2 * settings.GOVERNANCE_TOKEN_SECONDS)
    forged = Line((world.scene.line.token or "")[:-4] + "AAAA")
    for line in (old, forged, Line("none"), Line("")):
        assert answers(line, world) == expected(world, 401)


def test_the_outsider_is_refused_everywhere(world: World) -> None:
    outsider = line_of(cast.new_player(world.scene.environment, "outsider"))
    assert answers(outsider, world) == expected(world, 403)


def test_a_disabled_client_is_refused_everywhere(world: World) -> None:
    scene = world.scene
    line = scene.line
    system = system_caller(scene.environment.id)
    change_client(system, client_id=scene.service.client.public_id, name="", description="", is_disabled=True)
    assert answers(line, world) == expected(world, 403)


@pytest.mark.django_db(transaction=True)
def test_a_client_with_every_right_elsewhere_reaches_nothing_here(world: World) -> None:
    abroad = line_of(new_scene().service)
    assert {label(row): told(abroad, world, row) for row in rows(world.scene)} == {
        label(row): row.abroad for row in rows(world.scene)
    }
    assert world.scene.numbers(world.scene.line) == [NUMBER]


def test_the_service_with_rights_gets_through(world: World) -> None:
    line = world.scene.line
    for row in sorted(rows(world.scene), key=lambda row: row.method == "DELETE"):
        answer = line.send(row.method, world.address(row), row.body)
        assert answer.status_code == row.service, (label(row), answer.getvalue())


def test_a_right_on_one_accessor_opens_that_accessor_alone(world: World) -> None:
    scene = world.scene
    reader = cast.new_player(scene.environment, "reader")
    from userstore.models import Accessor

    with in_environment(scene.environment.id):
        accessor = Accessor.objects.get(public_id=scene.accessor)
    give_right(system_caller(scene.environment.id), holder=reader.client.account, operation="read", on=accessor)
    assert scene.numbers(line_of(reader)) == [NUMBER]
    assert line_of(reader).get(f"/authn/users/{scene.subject}").status_code == 403
    assert scene.write(line_of(reader), "+49 151 5550198").status_code == 403


def answers(line: Line, world: World) -> dict[str, int]:
    return {label(row): told(line, world, row) for row in rows(world.scene)}


def expected(world: World, status: int) -> dict[str, int]:
    return {label(row): status for row in rows(world.scene)}


def label(row: Row) -> str:
    return f"{row.method} {row.route}"
