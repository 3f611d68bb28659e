"""Decisions: why something was refused or allowed, and what to do next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_take_part
from governance.errors import NotFound
from governance.explaining import Reason, explain
from governance.wire.definitions import caller_in
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, TEXT, array, choice, or_null, shape

_REASON = shape(code=TEXT, says=TEXT, remedy=TEXT)
_DECISION = shape(
    id=ID, at=MOMENT, kind=TEXT, outcome=choice("done", "refused", "failed"), decided_by=or_null(_REASON),
    also=array(_REASON), lost=array({**TEXT, "description": "Rights that would allow it and lose against the denial."}),
)  # fmt: skip


class SingleDecision(APIView):
    """One decision, for whoever it was about, whatever they may do, and for whoever may read the book."""

    @extend_schema(operation_id="explain_decision", tags=["decisions"], responses={200: _DECISION, **PROBLEMS})
    def get(self, request: Request, decision_id: UUID) -> Response:
        caller = caller_in(request)
        try:
            found = explain(caller, decision_id, now=timezone.now())
        except NotFound:
            must_take_part(caller)  # who may nothing here does not learn which decisions there are
            raise
        return Response(
            {
                "id": found.decision_id,
                "at": found.at,
                "kind": found.kind,
                "outcome": found.outcome,
                "decided_by": _reason(found.decided_by) if found.decided_by else None,
                "also": [_reason(reason) for reason in found.also],
                "lost": list(found.lost),
            }
        )


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "says": reason.says, "remedy": reason.remedy}
