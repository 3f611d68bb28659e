"""Addresses for tests of what lies around the views."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from psycopg.errors import CheckViolation, UniqueViolation
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.context import request_id
from audit.errors import AuditUnavailable
from config.problems import bad_request, csrf_failure, forbidden, not_found, server_error
from governance import errors
from governance.policies.sandbox import ScriptKilled, ScriptSuspended, ScriptUnavailable
from keyring.errors import KmsUnavailable, Unsealable

MARK = "somebody@example.com"
ENVIRONMENT = UUID("6f1b1f6e-0a8c-4f39-9f1c-0c6f6b0d8a11")
DECISION = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")

FAILURES: dict[str, Exception] = {
    "invalid": errors.Invalid("No such column.", field="selector", position=7, remedy="Define it first."),
    "refused": errors.Refused("No right covers this.", decision_id=DECISION, reasons=("no_right",)),
    "conflict": errors.Conflict("The name is taken.", existing_id=DECISION, identical=True),
    "unauthenticated": errors.Unauthenticated("The token has expired."),
    "throttled": errors.Throttled("Too many tries."),
    "audit": AuditUnavailable(),
    "kms": KmsUnavailable("The key server does not answer."),
    "unsealable": Unsealable(),
    "database": OperationalError(f"connection to {MARK} failed"),
    "missing": Http404(MARK),
    "denied": PermissionDenied(MARK),
    "suspicious": SuspiciousOperation(MARK),
    "choice": exceptions.ValidationError({"index_type": [exceptions.ErrorDetail(f'"{MARK}"', code="invalid_choice")]}),
    "nested": exceptions.ValidationError({MARK: {"name": ["x"]}, "columns": [{"name": [MARK]}]}),
    "media": exceptions.UnsupportedMediaType(MARK),
    "slow": exceptions.Throttled(wait=3),
    "no_sandbox": ScriptUnavailable(),
    "suspended": ScriptSuspended(),
    "killed": ScriptKilled("timeout"),
    "unknown": RuntimeError(MARK),
    "overtaken": IntegrityError(MARK),
    "broken_law": IntegrityError(MARK),
}
FAILURES["overtaken"].__cause__ = UniqueViolation(MARK)
FAILURES["broken_law"].__cause__ = CheckViolation(MARK)


class Fail(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  the framework's signature
        raise FAILURES[name]


class Echo(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def post(self, request: Request) -> Response:
        return Response(request.data)


def known(request: HttpRequest, subject: str = "") -> HttpResponse:
    request.environment_id = ENVIRONMENT  # type: ignore[attr-defined]  # what views leave for the log
    return HttpResponse(request_id.get() or "")


def called(request: HttpRequest) -> HttpResponse:
    request.user = SimpleNamespace(environment_id=ENVIRONMENT)  # type: ignore[assignment]  # stands for a caller
    return HttpResponse()


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield request_id.get() or "none"

    return StreamingHttpResponse(parts())


def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name]


def session(request: HttpRequest) -> HttpResponse:
    return HttpResponse("yes" if hasattr(request, "session") else "no")


urlpatterns = [
    path("userstore/subjects/<str:subject>", known),
    path("userstore/called", called),
    path("userstore/streamed", streamed),
    path("userstore/session", session),
    path("userstore/echo", Echo.as_view()),
    path("userstore/fail/<str:name>", Fail.as_view()),
    path("userstore/plain/<str:name>", fail),
    path("governance/fail/<str:name>", Fail.as_view()),
    path("governance/plain/<str:name>", fail),
    path("governance/session", session),
    path("pages/plain/<str:name>", fail),
    path("pages/session", session),
    path("admin/page", session),
]

handler400 = bad_request
handler403 = forbidden
handler404 = not_found
handler500 = server_error

__all__ = ["csrf_failure", "handler400", "handler403", "handler404", "handler500", "urlpatterns"]
