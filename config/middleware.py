"""What every request passes through: its id and its log line, then the console's chain, which the API skips.

The console's chain costs a plain view more than half of its rate, and the API uses neither sessions nor CSRF tokens.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from os import urandom
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from axes.middleware import AxesMiddleware
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.functional import LazyObject
from django_htmx.middleware import HtmxMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]  # the package has no types

from audit.context import request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_sane = re.compile(r"[A-Za-z0-9._\-]{1,64}").fullmatch
_log = logging.getLogger("sealbook.request")


class RequestContextMiddleware:
    """Gives every request an id, every answer its `X-Request-Id`, and the log one line without personal data.

    A caller may choose the id: 1 to 64 characters of `[A-Za-z0-9._-]`. The line names the route's pattern, never
    the path or the query; the environment is there when the view left `request.environment_id` or its caller as
    `request.user`. The milliseconds of a streamed answer end where its body begins.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter_ns()
        name = request.META.get("HTTP_X_REQUEST_ID", "")
        if _sane(name) is None:
            name = _new_id()
        token = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response.headers["X-Request-Id"] = name
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            _stream_under(name, response)
        if _log.isEnabledFor(logging.INFO):
            _log.handle(_line(request, response, name, perf_counter_ns() - started))
        return response


def _new_id() -> str:
    """A random UUID as text, in a third of the time that `str(uuid4())` takes on this path."""
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _line(request: HttpRequest, response: HttpResponseBase, name: str, nanoseconds: int) -> logging.LogRecord:
    """The record is made by hand: a logger would walk the stack for a place that is always this one."""
    match = request.resolver_match
    fields: dict[str, object] = {
        "at": datetime.now(UTC),
        "level": "info",
        "event": "request",
        "method": request.method if request.method in _METHODS else "other",
        "route": match.route if match is not None else "unresolved",
        "status": response.status_code,
        "milliseconds": nanoseconds // 1000 / 1000,
        "request_id": name,
    }
    environment = _environment(request)
    if environment is not None:
        fields["environment"] = str(environment)
    return logging.LogRecord(_log.name, logging.INFO, "", 0, fields, None, None)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""A method is the caller's text; only these are repeated."""


def _environment(request: HttpRequest) -> object | None:
    """Look without waking the lazy account of a console request, which would cost a query."""
    known = request.__dict__
    caller = known.get("user")
    return known.get("environment_id") or (
        None if isinstance(caller, LazyObject) else getattr(caller, "environment_id", None)
    )


def _stream_under(name: str, response: StreamingHttpResponse) -> None:
    """Let entries that are written while a body is sent carry the id of their request."""

    def parts(content: Iterable[bytes]) -> Iterator[bytes]:
        left = iter(content)
        while True:
            token = request_id.set(name)
            try:
                part = next(left)
            except StopIteration:
                return
            finally:
                request_id.reset(token)  # between two parts the thread may do something else, or end the stream
            yield part

    if not response.is_async:
        response.streaming_content = parts(response.streaming_content)  # type: ignore[arg-type]  # not the async kind


def console_only(base: type[Any]) -> type[Any]:
    """A middleware that steps aside for the paths of `settings.API_PREFIXES`.

    A subclass, because the checks of Django's admin look for subclasses, and because a wrapping function would lose
    `process_view`, where the CSRF check works.
    """

    class ConsoleOnly(base):  # type: ignore[misc]  # the base is an argument
        def __init__(self, get_response: GetResponse) -> None:
            super().__init__(get_response)
            self._api = tuple(settings.API_PREFIXES)

        def __call__(self, request: HttpRequest) -> Any:
            if request.path_info.startswith(self._api):
                return self.get_response(request)
            return super().__call__(request)

        if hasattr(base, "process_view"):

            def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
                if request.path_info.startswith(self._api):
                    return None
                answer: HttpResponse | None = super().process_view(request, *args, **kwargs)
                return answer

    return ConsoleOnly


class _StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # the package has no types
    """Serves collected files where they were collected, and the apps' own folders where not."""

    def add_files(self, root: str | Path, prefix: str | None = None) -> None:
        if Path(root).is_dir():  # the base would warn at every start of a development server
            super().add_files(root, prefix)


class _ScriptPolicyOfAdmin:
    """Allows `eval` under /admin/ and nowhere else: the admin theme's Alpine evaluates its attributes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_update = {"script-src": ["'unsafe-eval'"]}  # type: ignore[attr-defined]  # django-csp's hook
        return response


ConsoleStatic = console_only(_StaticFiles)
ConsoleSession = console_only(SessionMiddleware)
ConsoleCommon = console_only(CommonMiddleware)
ConsoleCsrf = console_only(CsrfViewMiddleware)
ConsoleAuthentication = console_only(AuthenticationMiddleware)
ConsoleMessages = console_only(MessageMiddleware)
ConsoleFrameOptions = console_only(XFrameOptionsMiddleware)
ConsoleHtmx = console_only(HtmxMiddleware)
ConsoleCsp = console_only(CSPMiddleware)
AdminScriptPolicy = console_only(_ScriptPolicyOfAdmin)
ConsoleAxes = console_only(AxesMiddleware)
