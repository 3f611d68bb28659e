"""From what went wrong to what the caller is told: one table of kinds and status codes, three ways to say it.

Below the paths of the wire contract errors are `{"error": ..., "request_id": ...}`, on the rest of the API RFC 9457
problem documents, elsewhere pages. A text is shown only where Sealbook wrote it; a framework's may repeat the input.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework import exceptions
from rest_framework.views import set_rollback

from audit.context import request_id
from audit.errors import AuditorNotConfigured, AuditUnavailable, EntryNotFound
from config.rendering import dump_json
from keyring.errors import KmsUnavailable, Unsealable

STATUS: Mapping[str, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "refused": 403,
    "not_found": 404,
    "method": 405,
    "conflict": 409,
    "precondition": 412,
    "too_large": 413,
    "unsupported": 415,
    "throttled": 429,
    "internal": 500,
    "unavailable": 503,
}
"""What happened (`kind` of an app's exception) and the number the door says."""

TITLES: Mapping[str, str] = {
    "invalid": "The request does not make sense.",
    "unauthenticated": "Nobody Sealbook knows is calling.",
    "refused": "This caller may not do this.",
    "not_found": "Not found.",
    "method": "This address does not take that method.",
    "conflict": "Something stands in the way.",
    "precondition": "The object has changed meanwhile.",
    "too_large": "The body is too large.",
    "unsupported": "The body's media type is not understood here.",
    "throttled": "Too many requests; wait.",
    "internal": "Something went wrong on our side.",
    "unavailable": "A part that this needs does not answer; nothing was released.",
}

WIRE_PREFIXES = ("/userstore/", "/tokenizer/", "/authn/", "/authz/", "/oidc/")
"""Where clients expect the wire contract's error bodies."""

OWN_PACKAGES = frozenset({"config", "keyring", "audit", "governance", "userstore", "dataflow", "discovery"})
"""Whose exceptions carry texts that are safe to show."""

_KINDS_OF_OTHERS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((AuditUnavailable, AuditorNotConfigured, KmsUnavailable), "unavailable"),
    ((EntryNotFound,), "not_found"),
    ((Unsealable,), "internal"),
    ((OperationalError, InterfaceError, RedisConnectionError, RedisTimeoutError), "unavailable"),
    ((RequestDataTooBig,), "too_large"),
    ((SuspiciousOperation,), "invalid"),
    ((Http404,), "not_found"),
    ((PermissionDenied,), "refused"),
)

_MEANWHILE = (UniqueViolation, ForeignKeyViolation)
"""What the database refuses although the action looked first: another call was quicker."""
_CHANGED_MEANWHILE = "Something else changed what this is about at the same moment; ask again."

_KIND_BY_STATUS = {status: kind for kind, status in STATUS.items()}

_FIELD_TEXTS = {
    "required": "is required",
    "null": "may not be null",
    "blank": "may not be empty",
    "unique": "is taken already",
    "max_length": "is too long",
    "min_length": "is too short",
    "max_value": "is too large",
    "min_value": "is too small",
    "does_not_exist": "names nothing that exists",
    "invalid_choice": "is not one of the choices",
}
"""Validation messages by code: the framework's own repeat what was sent."""

_PAGES = frozenset({400, 403, 404, 500, 503})
"""Those that `templates/errors/` has; the rest shows the first."""

_is_field_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}").fullmatch
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a caller is told, before it is written down in one of the dialects."""

    kind: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    decision_id: UUID | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return STATUS[self.kind]


def render_problem(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer for an exception of the API; None for an unforeseen one, which Django logs and `server_error` answers."""
    problem = describe_problem(error)
    if problem is None:
        return None
    set_rollback()
    if problem.status >= STATUS["internal"]:
        _log.error("a request failed", exc_info=error, extra={"kind": problem.kind})
    response = answer(problem, path=context["request"].path_info)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's mark: its line would only name the path
    return response


def describe_problem(error: Exception) -> Problem | None:
    """Find the kind of an exception and what of it may be told; None if nobody foresaw it."""
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if _is_ours(error) and getattr(error, "kind", None) in STATUS:
        return _of_ours(error)
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, _MEANWHILE):
        return Problem("conflict", _CHANGED_MEANWHILE, body={"error": _CHANGED_MEANWHILE, "identical": False})
    for types, kind in _KINDS_OF_OTHERS:
        if isinstance(error, types):
            return Problem(kind, TITLES[kind], headers=_headers(kind, error))
    return None


def speaks_wire(path: str) -> bool:
    """Whether errors below this path are the wire contract's, and no problem documents."""
    return path.startswith(WIRE_PREFIXES)


def answer(problem: Problem, *, path: str) -> HttpResponse:
    """Write a problem down in the dialect of the path."""
    wire = speaks_wire(path)
    response = HttpResponse(
        dump_json(_wire_body(problem) if wire else _problem_document(problem)),
        status=problem.status,
        content_type="application/json" if wire else "application/problem+json",
        headers=dict(problem.headers),
    )
    if problem.decision_id is not None:
        response["X-Sealbook-Decision"] = str(problem.decision_id)
    return response


def _wire_body(problem: Problem) -> dict[str, Any]:
    # A conflict's error must be an object: the vendor's client reads `identical` from it.
    error: Any = problem.body if problem.body is not None else problem.detail
    return {"error": error, "request_id": request_id.get(), **problem.extra}


def _problem_document(problem: Problem) -> dict[str, Any]:
    document = {
        "type": f"urn:sealbook:problem:{problem.kind}",
        "title": TITLES[problem.kind],
        "status": problem.status,
        "detail": problem.detail,
        "instance": request_id.get(),
        **problem.extra,
    }
    if problem.body is not None:
        document["conflict"] = problem.body
    return document


def _is_ours(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in OWN_PACKAGES


def _of_ours(error: Any) -> Problem:
    told = {name: getattr(error, name, None) for name in ("field", "position", "remedy", "decision_id", "reasons")}
    extra = {name: value for name, value in told.items() if value is not None and value != ()}
    return Problem(
        error.kind,
        str(error) or TITLES[error.kind],
        extra=extra,
        body=getattr(error, "body", None),
        decision_id=told["decision_id"],
        headers=_headers(error.kind, error),
    )


def _of_framework(error: exceptions.APIException) -> Problem:
    kind = _KIND_BY_STATUS.get(error.status_code, "invalid" if error.status_code < STATUS["internal"] else "internal")
    headers = _headers(kind, error)
    if _is_ours(error) and isinstance(error.detail, str):
        position = getattr(error, "position", None)
        return Problem(kind, error.detail, extra={} if position is None else {"position": position}, headers=headers)
    if isinstance(error, exceptions.ValidationError):
        faults = list(_faults(error.get_codes()))
        detail = "; ".join(f"{name} {text}" for name, text in faults) or TITLES[kind]
        return Problem(kind, detail, extra={"field": faults[0][0]} if faults else {}, headers=headers)
    return Problem(kind, TITLES[kind], headers=headers)


def _faults(codes: object, name: str = "") -> list[tuple[str, str]]:
    """Flatten the framework's codes into (dotted field, text)."""
    if isinstance(codes, Mapping):
        parts = [(str(key) if _is_field_name(str(key)) else "?", inner) for key, inner in codes.items()]
        return [fault for key, inner in parts for fault in _faults(inner, f"{name}.{key}" if name else key)]
    if isinstance(codes, list):
        return [fault for inner in codes for fault in _faults(inner, name)][:20]
    place = "the request" if name in ("", "non_field_errors") else name
    return [(place, _FIELD_TEXTS.get(str(codes), "is not valid"))]


def _headers(kind: str, error: object) -> dict[str, str]:
    if kind == "unauthenticated":
        return {"WWW-Authenticate": getattr(error, "auth_header", None) or "Bearer"}
    wait = getattr(error, "wait", None)
    if kind in ("throttled", "unavailable") and isinstance(wait, int | float):
        return {"Retry-After": str(int(wait) + 1)}
    return {}


# --- Outside the framework: what Django calls itself ----------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the body was too large."""
    return _outside(request, describe_problem(exception) or Problem("invalid", TITLES["invalid"]))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """403."""
    return _outside(request, Problem("refused", TITLES["refused"]))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """403 for a form that another site sent, or whose cookie is gone."""
    problem = Problem("refused", "The form has expired.")
    if request.path_info.startswith(tuple(settings.API_PREFIXES)):
        return answer(problem, path=request.path_info)
    # Not the page for 403: nobody lacks a right here, and the book has no refusal.
    return _rendered("errors/400.html", problem, detail=problem.detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """404. The path tried is not repeated: it may be somebody's name."""
    return _outside(request, Problem("not_found", TITLES["not_found"]))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with the request id and nothing else."""
    return _outside(request, Problem("internal", TITLES["internal"]))


def _outside(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.path_info.startswith(tuple(settings.API_PREFIXES)):
        return answer(problem, path=request.path_info)
    return _page(problem)


def _page(problem: Problem) -> HttpResponse:
    shown = problem.status if problem.status in _PAGES else min(_PAGES)
    return _rendered(f"errors/{shown}.html", problem)


def _rendered(template: str, problem: Problem, *, detail: str = "") -> HttpResponse:
    # No request goes in, so no context processor runs: the session or the database may be what failed.
    context = {"request_id": request_id.get(), "status": problem.status, "detail": detail}
    try:
        html = loader.render_to_string(template, context)
    except Exception:
        _log.exception("an error page could not be rendered")
        text = f"{problem.detail}\nRequest {request_id.get()}\n"
        return HttpResponse(text, status=problem.status, content_type="text/plain; charset=utf-8")
    return HttpResponse(html, status=problem.status)
