"""Calling the API as the cast does: with a real access token, through the whole chain of the server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.test import Client as Browser

from audit import queries
from governance.actions.signing import ensure_signing_key
from governance.identities import system_caller
from governance.models import Environment
from governance.tokens.access import issue_access_token
from keyring.walls import in_environment
from tests import cast
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.models import Transformer, Value

ALLOW_ALL = UUID("3f380e42-0b21-4570-a312-91e1b80386fa")
UUID_TRANSFORMER = UUID("e3743f5b-521e-4305-b232-ee82549e1477")
NUMBER = "+49 151 5550199"
EVERYTHING = (
    "read",
    "export",
    "write",
    "resolve",
    "tokenize",
    "seal",
    "unseal",
    "configure",
    "audit",
    "consent",
    "erase",
    "register",
)


@dataclass
class Line:
    """One caller's line to the API."""

    token: str | None
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        if self.token is not None:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("content_type", "application/json")
        return self.browser.generic(method, path, data, **headers)  # type: ignore[arg-type]  # headers as the framework takes them

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def get(self, path: str) -> HttpResponse:
        return self.send("GET", path)

    def put(self, path: str, body: Any) -> HttpResponse:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> HttpResponse:
        return self.send("DELETE", path)


def line_of(player: cast.Player, *, issued: float | None = None) -> Line:
    return Line(issue_access_token(player.client, key=ensure_signing_key(), now=issued)[0])


@dataclass
class Scene:
    """An environment with one phone column, a way in, a way out, and one subject with a number."""

    environment: Environment
    service: cast.Player
    column: UUID
    mutator: UUID
    accessor: UUID
    subject: UUID

    @property
    def line(self) -> Line:
        return line_of(self.service)

    def write(self, line: Line, number: str = NUMBER, **headers: str) -> HttpResponse:
        return line.post("/userstore/api/mutators", self.write_body(number), **headers)

    def write_body(self, number: str = NUMBER) -> dict[str, Any]:
        change = {"value_additions": [number], "purpose_additions": [{"name": "operational"}]}
        return {
            "mutator_id": str(self.mutator),
            "context": {},
            "selector_values": [str(self.subject)],
            "row_data": {"phone": change},
        }

    def read(self, line: Line) -> HttpResponse:
        return line.post("/userstore/api/accessors", self.read_body())

    def read_body(self) -> dict[str, Any]:
        return {"accessor_id": str(self.accessor), "context": {}, "selector_values": [str(self.subject)]}

    def unmask_body(self) -> dict[str, Any]:
        named = {"user_id": str(self.subject), "columns": ["phone"], "purpose": {"name": "operational"}}
        return {**self.read_body(), **named}

    def numbers(self, line: Line) -> list[str]:
        answer = self.read(line)
        assert answer.status_code == 200, answer.content
        rows = json.loads(answer.content)["data"]
        return json.loads(json.loads(rows[0])["phone"]) if rows else []


def new_scene() -> Scene:
    environment = cast.new_environment()
    system = system_caller(environment.id)
    service = cast.new_player(environment, "service", **dict.fromkeys(EVERYTHING, True))
    spec = ColumnSpec(
        "phone", "phonenumber", is_array=True, unique_required=True, partial_updates=True, index_type="indexed",
        pii_category="contact", sensitivity=3,
    )  # fmt: skip
    column = define_column(system, spec=spec)
    mutator = publish_mutator(
        system, spec=MutatorSpec("SetPhone", "{id} = ?", (InputSpec(column.public_id),), ALLOW_ALL)
    )
    accessor = publish_accessor(
        system,
        spec=AccessorSpec(
            "GetPhone", "{id} = ?", (OutputSpec(column.public_id),), (operational(environment),), ALLOW_ALL
        ),
    )
    subject = create_subject(service.caller, subject_id=uuid4())
    return Scene(environment, service, column.public_id, mutator.public_id, accessor.public_id, subject.public_id)


def operational(environment: Environment) -> UUID:
    return cast.new_purpose(environment, "operational").public_id


def transformer_named(environment: Environment, name: str) -> UUID:
    with in_environment(environment.id):
        return Transformer.objects.get(name=name).public_id


def body(answer: HttpResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    return json.loads(answer.content)


def recorded(scene: Scene, kind: str, outcome: str = "done") -> list[Any]:
    return queries.entries(environment_id=scene.environment.id, kinds=[kind], outcome=outcome)


def values_of(scene: Scene) -> int:
    with in_environment(scene.environment.id):
        return Value.objects.count()
