"""Records of topics: a batch is written as JSON or as lines of it, and read where there is no personal data."""

from __future__ import annotations

from typing import IO, Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dataflow.actions.records import MOST_READ, MOST_WRITTEN, read_records, write_records
from dataflow.engines.frames import Record
from dataflow.engines.protocol import Message
from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEM, PROBLEMS
from governance.wire.shapes import NUMBER, TEXT, array, or_null, shape

_VALUE = {**TEXT, "description": "The record, byte by byte as it is to lie in the topic."}
_BATCH = {
    **shape(records=array({**shape(key=or_null(TEXT), value=_VALUE), "required": ["value"]})),
    "required": ["records"],
    "description": f"1 to {MOST_WRITTEN} records.",
}
_LINES = {**TEXT, "description": "A JSON document in each line, each a record without a key."}
_ONCE = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="What is sent again with the same records within a day is not written again.",
)
_AFTER = OpenApiParameter("starting_after", str, description="The `next` of another page; empty for the last records.")
_LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST_READ}, which is also what none means.")
_PAGE = shape(
    data=array(shape(id=TEXT, key=or_null(TEXT), value=TEXT)),
    next={**TEXT, "description": "The cursor behind these, also where there are none."},
    closed={**NUMBER, "description": "How many more there are that nobody can open."},
)
_TOO_LARGE = {(413, "application/problem+json"): PROBLEM, (415, "application/problem+json"): PROBLEM}


class Lines(bytes):
    """A body of lines."""


class LinesParser(BaseParser):
    """Takes `application/x-ndjson` as it comes, within the size limit."""

    media_type = "application/x-ndjson"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read() if limit is None else stream.read(limit + 1)
        if limit is not None and len(body) > limit:
            raise RequestDataTooBig
        return Lines(body)


class TopicRecords(APIView):
    """Write a batch of records to a topic, or read its last ones."""

    parser_classes = (*APIView.parser_classes, LinesParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns which topics there are."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))

    @extend_schema(
        operation_id="read_topic_records",
        tags=["dataflow"],
        parameters=[_AFTER, _LIMIT],
        responses={200: _PAGE, **PROBLEMS},
    )
    def get(self, request: Request, topic: str) -> Response:
        asked = request.query_params.dict()
        page = read_records(
            caller_in(request),
            topic=topic,
            after=asked.get("starting_after", ""),
            most=_limit(asked.get("limit", "")),
        )
        told = {"data": [_rendered(each) for each in page.records], "next": page.next, "closed": page.closed}
        return Response(told, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="write_topic_records",
        tags=["dataflow"],
        parameters=[_ONCE],
        request={"application/json": _BATCH, "application/x-ndjson": _LINES},
        responses={201: shape(records={**NUMBER, "description": "How many were written."}), **PROBLEMS, **_TOO_LARGE},
    )
    def post(self, request: Request, topic: str) -> Response:
        body: object = request.data
        records = _of_lines(body) if isinstance(body, Lines) else _of_objects(Fields(body))
        once = request.META.get("HTTP_IDEMPOTENCY_KEY")
        written = write_records(caller_in(request), topic=topic, records=records, once=once)
        return Response({"records": written}, status=201)


def _of_lines(body: Lines) -> list[Record]:
    lines = body.removesuffix(b"\n").split(b"\n")
    _must_be_few(len(lines))
    return [(None, _json(number, line.removesuffix(b"\r"))) for number, line in enumerate(lines, 1)]


def _json(number: int, line: bytes) -> bytes:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        says = f"Line {number} is no JSON, at character {error.colno}; nothing of the batch was written."
        raise Invalid(says, field="records", position=number) from None
    return line


def _of_objects(fields: Fields) -> list[Record]:
    given = fields.array("records")
    _must_be_few(len(given))
    return [_record(number, each) for number, each in enumerate(given, 1)]


def _record(number: int, given: object) -> Record:
    try:
        fields = Fields(given)
        key = fields.raw("key")
        return None if key is None else fields.text("key").encode(), fields.text("value").encode()
    except Invalid as error:
        field = f"records.{error.field}" if error.field else "records"
        says = f"Record {number}: {error} Nothing of the batch was written."
        remedy = "A value is the text of the record; `application/x-ndjson` takes JSON as it is."
        raise Invalid(says, field=field, position=number, remedy=remedy) from None


def _must_be_few(number: int) -> None:
    if number > MOST_WRITTEN:
        raise Invalid(f"A batch has 1 to {MOST_WRITTEN} records.", field="records", remedy="Send several.")


def _limit(told: str) -> int:
    if told and not (told.isascii() and told.isdigit() and len(told) < 9 and 1 <= int(told) <= MOST_READ):
        raise Invalid(f"The limit is a number from 1 to {MOST_READ}.", field="limit")
    return int(told) if told else MOST_READ


def _rendered(record: Message) -> dict[str, Any]:
    return {
        "id": record.id,
        "key": None if record.key is None else record.key.decode(errors="replace"),
        "value": record.value.decode(errors="replace"),
    }
