"""Which reviewed code read a column."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.tracing import trace_code
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, or_null, shape

LOOKED_BACK = timedelta(days=30)
_READ = shape(
    digest=or_null(TEXT), commit=or_null(TEXT), build_id=or_null(ID), artifact=TEXT, repository=TEXT, ref=TEXT,
    caller=TEXT, calls=NUMBER, first_at=MOMENT, last_at=MOMENT,
)  # fmt: skip


class CodeOfColumn(APIView):
    """The builds that read a column, or decided by it. Whoever may read the book may ask; it is recorded."""

    @extend_schema(
        operation_id="code_that_read_column",
        tags=["reviewed builds"],
        parameters=[OpenApiParameter("since", OpenApiTypes.DATETIME, description="Included; 30 days ago by default.")],
        responses={200: shape(data=array(_READ)), **PROBLEMS},
    )
    def get(self, request: Request, column_id: UUID) -> Response:
        now = timezone.now()
        since = Fields(request.query_params.dict()).moment("since") or now - LOOKED_BACK
        found = trace_code(caller_in(request), column_id=column_id, since=since, now=now)
        shown = [
            {
                "digest": each.build.digest,
                "commit": each.build.commit,
                "build_id": str(each.build.id) if each.build.id else None,
                "artifact": each.artifact,
                "repository": each.repository,
                "ref": each.ref,
                "caller": each.caller,
                "calls": each.calls,
                "first_at": each.first_at,
                "last_at": each.last_at,
            }
            for each in found
        ]
        return Response({"data": shown})
