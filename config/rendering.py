"""JSON in and out of the API, by orjson."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class BadJson(ParseError):
    """The body is no JSON. Says where, never what stands there.

    Args:
        line: from 1.
        column: from 1.
        position: characters before the fault, from 0.
    """

    def __init__(self, *, line: int, column: int, position: int) -> None:
        super().__init__(f"The body is not valid JSON: line {line}, column {column}.")
        self.position = position


DEEPEST = 64
"""Levels of arrays and objects in a body; what reads and writes JSON behind this gives up at a few hundred."""
_CONTAINERS = frozenset({list, dict})


class TooDeep(ParseError):
    """The body nests arrays and objects deeper than `DEEPEST` levels."""

    def __init__(self) -> None:
        super().__init__(f"The body nests arrays and objects deeper than {DEEPEST} levels.")


def dump_json(data: object) -> bytes:
    """JSON of what views answer: UUIDs, times (RFC 3339, `Z`), decimals and lazy texts included.

    Raises:
        TypeError: something else is among it, a `Plain` above all.
    """
    return orjson.dumps(data, default=_as_json, option=orjson.OPT_UTC_Z)


def load_json(body: bytes) -> Any:
    """Read a request's body.

    `NaN` and infinities are refused; of two equal keys the last counts.

    Raises:
        RequestDataTooBig: it is longer than `settings.DATA_UPLOAD_MAX_MEMORY_SIZE` bytes.
        BadJson: it is not UTF-8 or no JSON; an empty body is no JSON either.
        TooDeep: it is nested too deep.
    """
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is not None and len(body) > limit:
        raise RequestDataTooBig
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # `from None`: orjson's error keeps the whole document.
        raise BadJson(line=error.lineno, column=error.colno, position=error.pos) from None
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_too_deep(read):
        raise TooDeep
    return read


def _is_too_deep(read: Any) -> bool:
    level = [read] if type(read) in _CONTAINERS else []
    for _ in range(DEEPEST):
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def _as_json(value: object) -> str:
    if isinstance(value, Promise | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not leave through the API")


class OrjsonRenderer(BaseRenderer):
    """Renders `application/json` without a charset: wire clients compare the whole content type."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  the framework's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002  the framework's signature
    ) -> bytes:
        return b"" if data is None else dump_json(data)


class OneRepresentation(DefaultContentNegotiation):
    """Answers with the one representation a view has, whatever `Accept` says: hot calls do not look at it either."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002  the framework's signature
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002  the framework's signature
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer and its media type."""
        first = next(iter(renderers))
        return first, first.media_type or ""


class OrjsonParser(BaseParser):
    """Parses `application/json` within the size limit."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002  the framework's signature
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return load_json(stream.read() if limit is None else stream.read(limit + 1))
