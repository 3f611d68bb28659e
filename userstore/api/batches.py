"""Many calls of one mutator in one request."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view

from governance.errors import GovernanceError
from governance.identities import Caller
from governance.wire.fields import Fields
from governance.wire.shapes import ANY, ERROR, ID, MOMENT, TEXT, array, choice, shape
from userstore.actions.idempotency import Answer
from userstore.api.calls import CallView, context_of, repeatable
from userstore.api.terms import DECISION, IDEMPOTENCY_HEADER, consent_terms
from userstore.writing.batch import ATOMIC, EACH, BatchCall, Result, execute_batch
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import clear_mutator
from userstore.writing.sheets import BatchItem

_ITEM = shape(
    selector_values={"type": "array", "items": {}, "description": "One value for each `?` of the selector."},
    row_data=ANY,
)
_RESULT = {
    **shape(user_ids=array(ID), error=TEXT, kind=TEXT, field=TEXT, remedy=TEXT),
    "description": "Whom the call changed, or why it could not be done.",
}


@extend_schema_view(
    post=extend_schema(
        operation_id="execute_mutator_batch",
        tags=["calls"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                mutator_id=ID,
                mode={
                    **choice(ATOMIC, EACH),
                    "description": "All calls or none (the default), or each that can be done.",
                },
                context=ANY,
                text_version=TEXT,
                until=MOMENT,
                items=array(_ITEM),
            )
        },
        responses={
            200: shape(data=array(_RESULT)),
            **dict.fromkeys((400, 401, 403, 409, 413, 415, 429, 503), ERROR),
        },
    )
)
class ExecuteMutatorBatch(CallView):
    """Write through a mutator many times, in order; the results are in the order of the items.

    The batch is decided once and has one entry of the book. Its items share the context and the consent terms.
    """

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        call = BatchCall(
            caller=caller,
            mutator_id=fields.id("mutator_id"),
            items=[BatchItem(f.array("selector_values"), f.mapping("row_data")) for f in fields.nested_list("items")],
            mode=fields.text("mode", ATOMIC),
            context=context_of(request, fields),
            consent=consent_terms(fields),
        )

        def write() -> Answer:
            results, receipt = execute_batch(call, now=timezone.now())
            return Answer(200, orjson.dumps({"data": [_told(each) for each in results]}), receipt.decision_id)

        def clear() -> None:
            for item in call.items[:1]:
                clear_mutator(
                    MutatorCall(caller, call.mutator_id, item.selector_values, item.row_data), now=timezone.now()
                )

        return repeatable(request, caller, body, write, clear=clear)


def _told(result: Result) -> dict[str, Any]:
    if not isinstance(result, GovernanceError):
        return {"user_ids": [str(each) for each in result]}
    told = {"error": str(result), "kind": result.kind, "field": result.field, "remedy": result.remedy}
    return {name: value for name, value in told.items() if value is not None}
