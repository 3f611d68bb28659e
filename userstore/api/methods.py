"""Executing accessors and mutators, and creating users through mutators."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from governance.actions.change import clearance_for
from governance.identities import Caller
from governance.wire.fields import Fields
from governance.wire.hot import answer_json
from governance.wire.paging import limit_of
from governance.wire.shapes import ANY, ERROR, FLAG, ID, TEXT, array, shape
from userstore.actions.idempotency import Answer
from userstore.actions.subjects import create_subject_with
from userstore.api.calls import CallView, context_of, repeatable
from userstore.api.streaming import NDJSON, STREAM, streamed, wants_stream
from userstore.api.terms import DECISION, GRANT, IDEMPOTENCY_HEADER, PROOF, consent_terms, grant_named
from userstore.events import SUBJECT_CREATED
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.execute import execute_accessor
from userstore.regions import region_asked
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import clear_mutator, execute_mutator

_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 409: ERROR, 413: ERROR, 415: ERROR, 429: ERROR, 503: ERROR}
CALL_CONTEXT = {**ANY, "description": "What the caller says about the call; policies never take it for observed."}
_ROW_DATA = {
    **ANY,
    "description": "By column: `value`, or `value_additions` and `value_deletions`; `purpose_additions`, "
    "`purpose_deletions`. A `mark` beside `value` says that it was masked when it was read: unchanged it is not "
    "stored.",
}
_MARKS = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": TEXT},
    "description": "Beside rows of which something is masked or not shown: per row, the mark of each such column. A "
    "write that brings the value back with its mark leaves what is stored untouched.",
}
SELECTOR_VALUES = {"type": "array", "items": {}, "description": "One value for each `?` of the selector."}
REGION = {**TEXT, "description": "The users of this region alone."}
PAGING = (
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 1500}, description="Rows of a page."),
    OpenApiParameter("starting_after", str, description="The `next` of the page before; empty: from the beginning."),
    OpenApiParameter("ending_before", str, description="The `prev` of the page behind; `end`: the last page."),
    OpenApiParameter(
        "sort_key",
        str,
        description="Columns of the accessor with a single value, `created` or `updated`, and `id` at the end, "
        "separated by commas. Rows are sorted by what they show, absent values first.",
    ),
    OpenApiParameter("sort_order", str, enum=("ascending", "descending")),
)
_PAGING_NAMES = frozenset(parameter.name for parameter in PAGING)


@extend_schema_view(
    post=extend_schema(
        operation_id="execute_accessor",
        tags=["calls"],
        parameters=[
            *PAGING,
            GRANT,
            PROOF,
            DECISION,
        ],
        request={
            "application/json": shape(
                accessor_id=ID, context=CALL_CONTEXT, selector_values=SELECTOR_VALUES, region=REGION
            )
        },
        responses={
            (200, "application/json"): shape(
                data=array(TEXT), truncated=FLAG, has_next=FLAG, next=TEXT, has_prev=FLAG, prev=TEXT, marks=_MARKS
            ),
            (200, NDJSON): STREAM,
            **_ERRORS,
        },
    )
)
class ExecuteAccessor(CallView):
    """Read through an accessor: each row is the text of a JSON object whose values are texts.

    With `Accept: application/x-ndjson` all rows come as a stream of typed JSON objects, in the order of id, created or
    updated; `limit` is the size of a chunk. A stream takes the right `export` beside the right to `read`, or it is 403.
    Each chunk is decided anew and its entry of the book committed before it leaves.
    """

    takes_external_tokens = True
    takes_delegations = True

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponseBase:
        fields = Fields(body)
        page = _page(request) if request.META.get("QUERY_STRING") else None
        call = AccessorCall(
            caller=caller,
            accessor_id=fields.id("accessor_id"),
            selector_values=fields.array("selector_values"),
            context=context_of(request, fields),
            page=page,
            region=region_asked(fields.text("region", "")),
            grant=grant_named(request),
        )
        if wants_stream(request):
            return streamed(call, lambda error: self._fail(request, self._as_told(error)))
        rows = execute_accessor(call, now=timezone.now())
        answer = {
            "data": [orjson.dumps(row).decode() for row in rows.rows],
            "truncated": False,
            "has_next": rows.neighbours.has_next,
            "next": rows.neighbours.next,
            "has_prev": rows.neighbours.has_prev,
            "prev": rows.neighbours.prev,
        }
        if rows.marks:
            answer["marks"] = rows.marks
        return answer_json(answer, decision_id=rows.decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="execute_mutator",
        tags=["calls"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                mutator_id=ID, context=CALL_CONTEXT, selector_values=SELECTOR_VALUES, row_data=_ROW_DATA, region=REGION
            )
        },
        responses={200: shape(user_ids=array(ID)), **_ERRORS},
    )
)
class ExecuteMutator(CallView):
    """Write through a mutator: every selected user, or none."""

    takes_external_tokens = True

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        call = MutatorCall(
            caller=caller,
            mutator_id=fields.id("mutator_id"),
            selector_values=fields.array("selector_values"),
            row_data=fields.mapping("row_data"),
            context=context_of(request, fields),
            consent=consent_terms(fields),
            region=region_asked(fields.text("region", "")),
        )

        def write() -> Answer:
            receipt = execute_mutator(call, now=timezone.now())
            written = orjson.dumps({"user_ids": [str(each) for each in receipt.subject_ids]})
            return Answer(200, written, receipt.decision_id)

        return repeatable(request, caller, body, write, clear=lambda: clear_mutator(call, now=timezone.now()))


@extend_schema_view(
    post=extend_schema(
        operation_id="create_user_with_mutator",
        tags=["calls"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                mutator_id=ID, context=CALL_CONTEXT, row_data=_ROW_DATA, id=ID, organization_id=ID, region=TEXT
            )
        },
        responses={200: ID, **_ERRORS},
    )
)
class CreateUserWithMutator(CallView):
    """Create a user and write it through a mutator, both or neither; answers the bare id."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        context, consent = context_of(request, fields), consent_terms(fields)
        mutator_id, row_data = fields.id("mutator_id"), fields.mapping("row_data")
        subject_id, organization_id = fields.optional_id("id"), fields.optional_id("organization_id")
        region = fields.text("region", "")

        def create() -> Answer:
            subject, receipt = create_subject_with(
                caller,
                mutator_id=mutator_id,
                row_data=row_data,
                subject_id=subject_id,
                organization_id=organization_id,
                region=region,
                context=context,
                consent=consent,
                now=timezone.now(),
            )
            return Answer(200, orjson.dumps(str(subject.public_id)), receipt.decision_id)

        def clear() -> None:
            clearance_for(caller, "write", SUBJECT_CREATED, now=timezone.now())
            clear_mutator(MutatorCall(caller, mutator_id, [str(uuid4())], row_data, context), now=timezone.now())

        return repeatable(request, caller, body, create, clear=clear)


def _page(request: HttpRequest) -> Page | None:
    parameters = request.GET.dict()
    if not _PAGING_NAMES & parameters.keys():
        return None
    return Page(
        min(limit_of(parameters), settings.USERSTORE_PAGE_LIMIT),
        parameters.get("starting_after"),
        parameters.get("ending_before"),
        str(parameters.get("sort_key", "")),
        str(parameters.get("sort_order", "")),
    )
