"""Unmasking named columns of one user's record, beside the wire contract."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view

from governance.errors import Invalid
from governance.identities import Caller
from governance.wire.fields import Fields
from governance.wire.hot import answer_json
from governance.wire.shapes import ERROR, ID, REFERENCE, TEXT, array, choice, shape
from userstore.api.calls import CallView, context_of
from userstore.api.methods import CALL_CONTEXT, REGION, SELECTOR_VALUES
from userstore.api.terms import DECISION, GRANT, PROOF, grant_named
from userstore.models.accessors import LEVELS
from userstore.reading.calls import AccessorCall
from userstore.reading.demands import UnmaskCall
from userstore.reading.unmasking import unmask
from userstore.regions import region_asked

_FIELD = shape(
    column=TEXT,
    level=choice(*LEVELS),
    value={"description": "Typed as in a stream of rows; null where there is nothing to show."},
)
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 413: ERROR, 415: ERROR, 429: ERROR, 503: ERROR}


@extend_schema_view(
    post=extend_schema(
        operation_id="unmask",
        tags=["calls"],
        parameters=[DECISION, GRANT, PROOF],
        request={
            "application/json": {
                **shape(
                    accessor_id=ID,
                    user_id=ID,
                    columns=array(TEXT),
                    purpose={**REFERENCE, "description": "One of the accessor's purposes, by id or name."},
                    selector_values=SELECTOR_VALUES,
                    context=CALL_CONTEXT,
                    region=REGION,
                ),
                "required": ["accessor_id", "user_id", "columns", "purpose"],
            }
        },
        responses={200: shape(user_id=ID, fields=array(_FIELD)), **_ERRORS},
    )
)
class Unmask(CallView):
    """Show named columns of one user at the level that the accessor's rules have on demand, for a stated purpose.

    Whom the accessor does not give to this caller has no values here either. Who reads under a grant is shown the
    granted columns of the people it names. A call of which no column may be shown is
    refused. The book's entry names every column with its level, and is written before a value leaves.
    """

    takes_delegations = True

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        read = AccessorCall(
            caller=caller,
            accessor_id=fields.id("accessor_id"),
            selector_values=fields.array("selector_values"),
            context=context_of(request, fields),
            region=region_asked(fields.text("region", "")),
            grant=grant_named(request),
        )
        call = UnmaskCall(read, fields.id("user_id"), _names(fields), fields.raw("purpose"))
        shown = unmask(call, now=timezone.now())
        answer = {
            "user_id": str(call.subject_id),
            "fields": [{"column": each.column, "level": each.level, "value": each.value} for each in shown.fields],
        }
        return answer_json(answer, decision_id=shown.decision_id)


def _names(fields: Fields) -> list[str]:
    names = list(fields.array("columns"))
    if not all(isinstance(name, str) for name in names):
        raise Invalid("Columns are named by texts.", field=fields.path("columns"))
    return names
