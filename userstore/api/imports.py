"""Imports of files: asking for one, handing its file in, running, watching, cancelling, and what was bad."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.identities import Caller
from governance.standing import standing_of
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import answer_json
from governance.wire.keys import Keys, id_key, moment_key
from governance.wire.paging import asked_page, page_of
from governance.wire.parameters import list_parameters
from governance.wire.shapes import ANY, ERROR, ID, MOMENT, NUMBER, REFERENCE, TEXT, array, choice, page_shape, shape
from keyring.walls import in_environment
from userstore.actions.imports import ask_import, cancel_import, report_of, run_import
from userstore.actions.uploads import take_in
from userstore.api.calls import CallView, context_of
from userstore.api.terms import DECISION, consent_terms
from userstore.definitions import purpose_meant
from userstore.importing.framing import CSV, FORMATS
from userstore.importing.instructions import DELIMITERS, Instructions
from userstore.importing.receiving import body_of
from userstore.importing.seeing import import_of, seen_imports
from userstore.models import Import
from userstore.models.imports import STATES
from userstore.writing.batch import KNOWN_ONLY, UNKNOWN_SUBJECTS

FILE: dict[str, Any] = {"application/octet-stream": {"type": "string", "format": "binary"}}
KEYS: Keys = {"id": id_key("id"), "created": moment_key("created_at")}
IMPORT = shape(
    id=ID,
    state={**choice(*STATES), "description": "`held` stands still, for the reason in `held_because`; run it again."},
    format=choice(*FORMATS),
    mutator_id={**ID, "nullable": True},
    held_because=TEXT,
    size={**NUMBER, "description": "Bytes of the file that are here."},
    position={**NUMBER, "description": "Bytes that are done."},
    progress={"type": "number", "description": "How much of the file is done, 0 to 1."},
    records=NUMBER,
    effective={**NUMBER, "description": "Records that changed a user."},
    failed={**NUMBER, "description": "Bad records; the report tells the first 1,000 of them."},
    users_created=NUMBER,
    values_written=NUMBER,
    created=MOMENT,
    updated=MOMENT,
    ended={**MOMENT, "nullable": True},
)
_ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 503), ERROR)
_FAULT = shape(line=NUMBER, field=TEXT, reason=TEXT)
_ASKED = shape(
    mutator_id={**ID, "description": "What writes; may be left out where the file names it (format `userclouds`)."},
    format=choice(*FORMATS),
    delimiter=choice(*DELIMITERS),
    columns={
        "type": "object",
        "additionalProperties": {"type": "string", "nullable": True},
        "description": "Fields and the columns they go into, null for none. By default they have the same names.",
    },
    selector={**array(TEXT), "description": "The fields that select, one for each `?`. By default `id`."},
    purposes={**array(REFERENCE), "description": "What the values may be used for."},
    unknown_users={**choice(*UNKNOWN_SUBJECTS), "description": "Users that are not there: left, or created."},
    context=ANY,
    text_version=TEXT,
    until=MOMENT,
)


@extend_schema_view(
    post=extend_schema(
        operation_id="create_import",
        tags=["imports"],
        parameters=[DECISION],
        request={"application/json": _ASKED},
        responses={201: IMPORT, **dict.fromkeys((400, 401, 403, 409, 413, 415, 503), ERROR)},
    )
)
class Imports(CallView):
    """Ask for an import, whose file is put to its `content` next; or list imports, one's own or all who configure."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        must_see_definitions(caller)  # before anything that is named is looked for
        asked = ask_import(caller, instructions=instructions_in(request, caller, Fields(body)), now=timezone.now())
        return answer_json(rendered(asked.row), status=201, decision_id=asked.decision_id)

    @extend_schema(
        operation_id="list_imports",
        tags=["imports"],
        parameters=list_parameters(KEYS),
        responses={200: page_shape(IMPORT), **dict.fromkeys((400, 401, 403), ERROR)},
    )
    def get(self, request: Request) -> Response:
        caller = caller_in(request)
        page = asked_page(request.query_params.dict(), KEYS)
        seen = seen_imports(caller, now=timezone.now())
        with in_environment(caller.environment_id):
            return Response(page_of(seen, page, rendered))


class SingleImport(APIView):
    """One import and how far it is."""

    @extend_schema(operation_id="get_import", tags=["imports"], responses={200: IMPORT, **_ERRORS})
    def get(self, request: Request, import_id: UUID) -> Response:
        return Response(rendered(import_of(caller_in(request), import_id, now=timezone.now())))


class ImportContent(APIView):
    """The file of an import, in one part or several."""

    @extend_schema(
        operation_id="put_import_content",
        tags=["imports"],
        parameters=[
            OpenApiParameter(
                "Upload-Offset",
                OpenApiTypes.INT,
                OpenApiParameter.HEADER,
                description="How much of the file is there already (its `size`): 0, which is the default, begins it.",
            )
        ],
        request=FILE,
        responses={200: IMPORT, 413: ERROR, **_ERRORS},
    )
    def put(self, request: Request, import_id: UUID) -> Response:
        caller, offset = caller_in(request), request.headers.get("Upload-Offset", "0")
        if not offset.isascii() or not offset.isdigit() or len(offset) > 18:
            raise Invalid("The offset is a number of bytes.", field="Upload-Offset")
        row = take_in(
            caller, import_id=import_id, offset=int(offset), content=body_of(request._request), now=timezone.now()
        )
        return Response(rendered(row))


class RunImport(APIView):
    """Begin to import a file that is there, or go on where an import stands still."""

    @extend_schema(operation_id="run_import", tags=["imports"], request=None, responses={200: IMPORT, **_ERRORS})
    def post(self, request: Request, import_id: UUID) -> Response:
        return Response(rendered(run_import(caller_in(request), import_id=import_id, now=timezone.now())))


class CancelImport(APIView):
    """End an import; its file is destroyed, what it wrote stays."""

    @extend_schema(operation_id="cancel_import", tags=["imports"], request=None, responses={200: IMPORT, **_ERRORS})
    def post(self, request: Request, import_id: UUID) -> Response:
        return Response(rendered(cancel_import(caller_in(request), import_id=import_id, now=timezone.now())))


class ImportReport(APIView):
    """The bad records of an import by their lines, with the reason and never with a value."""

    @extend_schema(
        operation_id="get_import_report", tags=["imports"], responses={200: shape(data=array(_FAULT)), **_ERRORS}
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        faults = report_of(caller_in(request), import_id, now=timezone.now())
        return Response({"data": [{"line": f.line, "field": f.field, "reason": f.reason} for f in faults]})


def instructions_in(request: HttpRequest, caller: Caller, fields: Fields) -> Instructions:
    """What a body asks for."""
    columns = fields.mapping("columns")
    if not all(isinstance(name, str | None) for name in columns.values()):
        raise Invalid("Fields are mapped to the names of columns.", field="columns")
    selector = fields.array("selector")
    if not all(isinstance(name, str) for name in selector):
        raise Invalid("The fields that select are texts.", field="selector")
    standing = standing_of(caller.environment_id)
    return Instructions(
        mutator_id=fields.optional_id("mutator_id"),
        format=fields.text("format", CSV),
        delimiter=fields.text("delimiter", ","),
        columns=columns,
        selector=tuple(selector),
        purposes=tuple(purpose_meant(p, standing, field="purposes").public_id for p in fields.array("purposes")),
        unknown=fields.text("unknown_users", KNOWN_ONLY),
        context=context_of(request, fields),
        consent=consent_terms(fields),
    )


def rendered(row: Import) -> dict[str, Any]:
    """One import as clients see it."""
    return {
        "id": str(row.pk),
        "state": row.state,
        "format": row.format,
        "mutator_id": str(row.mutator_id) if row.mutator_id else None,
        "held_because": row.held_because,
        "size": row.size,
        "position": row.position,
        "progress": round(row.share, 4),
        "records": row.records,
        "effective": row.effective,
        "failed": row.failed,
        "users_created": row.users_created,
        "values_written": row.values_written,
        "created": row.created_at.isoformat(),
        "updated": row.updated_at.isoformat(),
        "ended": row.ended_at.isoformat() if row.ended_at else None,
    }
