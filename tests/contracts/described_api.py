"""The API beside its OpenAPI document: calls go through the real WSGI application, answers are held to the document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client as Browser
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import Client, TestResponse

from tests import cast
from tests.api.calling import line_of
from tests.attacks.foreign import Home, furnished_home

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
FAMILIES = {
    "userstore/config/datatypes": ("data_type", "data_type"),
    "userstore/config/purposes": ("purpose", "purpose"),
    "userstore/config/columns": ("column", "column"),
    "userstore/config/accessors": ("accessor", "accessor"),
    "userstore/config/mutators": ("mutator", "mutator"),
    "tokenizer/policies/transformation": ("transformer", "transformer"),
    "tokenizer/policies/access": ("access_policy", "policy"),
    "tokenizer/policies/accesstemplate": ("access_policy_template", "template"),
    "authz/objecttypes": ("object_type", "object_type"),
    "authz/edgetypes": ("edge_type", "edge_type"),
    "authz/organizations": ("organization", "organization"),
}
"""Addresses of definitions, the key that wraps their bodies, and the name of one of them at home."""
_PLACE = re.compile(r"\{\w+\}")
_LAST = {"GET": 0, "PUT": 1, "POST": 2, "DELETE": 3}


@dataclass
class DescribedApi:
    """One furnished environment behind the API, three callers, the document, and what did not go by it."""

    home: Home
    tokens: Mapping[str, str]
    schema: Any
    public: frozenset[tuple[str, str]] = frozenset()
    """Method and path of the calls that need no token."""
    web: Client = field(default_factory=lambda: Client(WSGIHandler()))
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: int = 0

    @cached_property
    def operations(self) -> list[Any]:
        """Every operation; those that end something, or stop somebody, come last."""
        found = [each.ok() for each in self.schema.get_all_operations()]
        return sorted(found, key=lambda one: (_LAST[one.method.upper()], "/governance/" in one.path, one.label))

    def operation(self, method: str, path: str) -> Any:
        """Return the operation of a path, whatever its places are called."""
        wanted = (method, _PLACE.sub("*", path))
        return next(one for one in self.operations if (one.method.upper(), _PLACE.sub("*", one.path)) == wanted)

    def ask(
        self,
        operation: Any,
        path: str,
        *,
        method: str | None = None,
        body: bytes | None = None,
        caller: str = "service",
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Make one call of an operation and note what of its answer the document does not say."""
        given = {"Content-Type": "application/json", **self.credentials(caller), **(headers or {})}
        answer = self.web.open(path, method=method or operation.method.upper(), data=body, headers=given)
        case = operation.Case(path_parameters=dict.fromkeys(re.findall(r"\{(\w+)\}", operation.path), "any"))
        self.hold(case, answer, f"{path!r:.300} {body!r:.300}")
        return answer

    def credentials(self, caller: str) -> dict[str, str]:
        """The header of a caller; nobody has none."""
        return {"Authorization": f"Bearer {self.tokens[caller]}"} if caller in self.tokens else {}

    def hold(self, case: Any, answer: Any, said: str) -> None:
        """Note every way in which an answer differs from what the document promises."""
        self.asked += 1
        for check in CHECKS:
            try:
                case.validate_response(answer, checks=[check])
            except BaseExceptionGroup as group:
                for fault in group.exceptions:
                    self.note(case.operation.label, f"{type(fault).__name__} {answer.status_code}", f"{said} {fault}")

    def note(self, label: str, kind: str, seen: str) -> None:
        """Note a fault, and of each kind the first with what was said."""
        self.faults.setdefault((label, kind), seen)


@contextmanager
def described_api() -> Iterator[DescribedApi]:
    """Furnish an environment, read the document as it is served, and let requests use the test's own transaction."""
    home = furnished_home()
    outsider = cast.new_player(home.scene.environment, "outsider")
    document = json.loads(Browser().get("/schema.json").content)
    public = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            # Who calls is this test's own business: generated calls without a token would be all alike.
            if {} in operation.pop("security", [{}]):
                public.add((method.upper(), path))
    tokens = {"service": home.scene.line.token or "", "outsider": line_of(outsider).token or ""}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = WSGIHandler()
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield DescribedApi(home, tokens, schema, frozenset(public))
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
