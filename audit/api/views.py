"""GET /audit/entries, GET /audit/entries/{id} and GET /audit/export."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.actions.reading import read_entries, read_entry
from audit.api.gate import MayReadBook, reader
from audit.api.parameters import END, parse_export, parse_question, write_cursor
from audit.api.shapes import ENTRY, ENTRY_PAGE
from audit.exports.answers import file_of_entries
from audit.exports.forms import FORMS
from audit.queries import EntryView

_FILTERS = [
    OpenApiParameter("kind", str, many=True, description="Name of an event; several may be given."),
    OpenApiParameter("actor_id", OpenApiTypes.UUID),
    OpenApiParameter("outcome", str, enum=["done", "refused", "failed"]),
    OpenApiParameter("decision_id", OpenApiTypes.UUID, description="The X-Sealbook-Decision of an answer."),
    OpenApiParameter("request_id", str),
    OpenApiParameter("subject", str, description="A subject's handle."),
    OpenApiParameter("accessor", str, description="Id or name of what was read through."),
    OpenApiParameter("purpose", str, description="Name of what it was read for."),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Included."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Not included."),
    OpenApiParameter("starting_after", str, description="The `next` of the page before."),
    OpenApiParameter("limit", int, description="1 to 1500, 50 by default."),
]


class Entries(APIView):
    """The caller's environment's part of the book, newest first. Reading it is recorded in it."""

    permission_classes = (MayReadBook,)

    @extend_schema(operation_id="audit_entries", tags=["audit"], parameters=_FILTERS, responses={200: ENTRY_PAGE})
    def get(self, request: Request) -> Response:
        question = parse_question(request.query_params.dict(), request.query_params.getlist("kind"))
        caller = reader(request)
        page = read_entries(
            actor=caller.actor,
            environment_id=caller.environment_id,
            filters=question.filters,
            door="api",
            after=question.after,
            limit=question.limit,
        )
        following = write_cursor(page.entries[-1].cursor) if page.has_next else END
        return Response(
            {"data": [_shown(entry) for entry in page.entries], "has_next": page.has_next, "next": following}
        )


class SingleEntry(APIView):
    """One entry of the caller's environment."""

    permission_classes = (MayReadBook,)

    @extend_schema(operation_id="audit_entry", tags=["audit"], responses={200: ENTRY})
    def get(self, request: Request, entry_id: UUID) -> Response:
        caller = reader(request)
        found = read_entry(actor=caller.actor, environment_id=caller.environment_id, entry_id=entry_id, door="api")
        return Response(_shown(found))


class ExportedEntries(APIView):
    """What `/audit/entries` finds by the same filters, all of it, as a file: sealed entries alone, newest first.

    `form=jsonl` (the default): one JSON object a line with `index` and `leaf_hash`, its place in the log, and `entry`,
    the body to the byte. `form=csv`: for spreadsheets, with an apostrophe before whatever one would compute. It is
    recorded with the number of entries before the first line leaves.
    """

    permission_classes = (MayReadBook,)

    @extend_schema(
        operation_id="audit_export",
        tags=["audit"],
        parameters=[*_FILTERS[:-2], OpenApiParameter("form", str, enum=list(FORMS))],
        responses={(200, each.content_type.partition(";")[0]): OpenApiTypes.STR for each in FORMS.values()},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        filters, name = parse_export(request.query_params.dict(), request.query_params.getlist("kind"))
        caller = reader(request)
        return file_of_entries(
            actor=caller.actor, environment_id=caller.environment_id, filters=filters, form_name=name, door="api"
        )


def _shown(entry: EntryView) -> dict[str, Any]:
    """Return the body as it was recorded, beside what the database added."""
    return {**entry.body, "recorded_at": entry.recorded_at.isoformat().replace("+00:00", "Z")}
