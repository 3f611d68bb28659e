"""Bulk reads as NDJSON: typed rows, and behind each chunk a line that says where it ended.

The lines of a column's names cannot be confused with ours: no column's name begins with `$`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from governance.wire.hot import DECISION_HEADER
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import stream_accessor
from userstore.reading.rows import Rows

NDJSON = "application/x-ndjson"
STREAM = {
    "type": "string",
    "description": "One JSON object a line. A row has the accessor's columns by name, typed: numbers, booleans, arrays "
    'and objects as JSON has them. Behind each chunk comes `{"$chunk": {"rows", "next", "decision_id"}}`: `next` is '
    'the cursor behind it, `end` at the end. A stream that breaks off ends with `{"$problem": {"status", "error"}}` '
    "or with neither of the two: go on from the last `next` there was.",
}
_log = logging.getLogger(__name__)
_UNFORESEEN = {"status": 500, "error": "Something went wrong on our side."}


def wants_stream(request: HttpRequest) -> bool:
    """Whether the caller asked for NDJSON."""
    return NDJSON in request.META.get("HTTP_ACCEPT", "")


def streamed(call: AccessorCall, told: Callable[[Exception], HttpResponseBase]) -> StreamingHttpResponse:
    """Answer with a stream. What goes wrong with the first chunk is raised: nothing has been said yet.

    Args:
        told: makes the answer for an exception; a stream that breaks off repeats it in its last line.
    """
    chunks = stream_accessor(call, clock=timezone.now)
    first = next(chunks)
    answer = StreamingHttpResponse(_lines(first, chunks, told), content_type=NDJSON)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers[DECISION_HEADER] = str(first.decision_id)
    return answer


def _lines(first: Rows, further: Iterator[Rows], told: Callable[[Exception], HttpResponseBase]) -> Iterator[bytes]:
    """Write chunks as lines; whoever stops asking (a caller who went away) ends the read."""
    yield _written(first)
    try:
        for rows in further:
            yield _written(rows)
    except Exception as error:
        yield _line({"$problem": _problem(error, told)})


def _written(rows: Rows) -> bytes:
    chunk = {"rows": len(rows.rows), "next": rows.neighbours.next, "decision_id": str(rows.decision_id)}
    return b"".join([*map(_line, rows.rows), _line({"$chunk": chunk})])


def _line(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _problem(error: Exception, told: Callable[[Exception], HttpResponseBase]) -> dict[str, Any]:
    try:
        answer = told(error)
    except Exception:
        _log.error("a stream broke off", exc_info=error)
        return _UNFORESEEN
    return {"status": answer.status_code, **orjson.loads(getattr(answer, "content", b"{}"))}
