"""Beside the wire contract: what changed retention would do, how far it is, and legal holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_configure
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.paging import asked_page, page_of
from governance.wire.shapes import ERROR, FLAG, ID, MOMENT, NUMBER, TEXT, page_shape, shape
from keyring.walls import in_environment
from userstore.actions.holds import place_hold, release_hold
from userstore.api.retention import BODIES, wish_in
from userstore.models import LegalHold, RetentionChange
from userstore.retention.preview import effect_of_wishes
from userstore.writing.recalculation import Affected

_AFFECTED = shape(values=NUMBER, users=NUMBER)
_CHANGE = shape(
    id=ID, requested_at=MOMENT, requested_by={**ID, "nullable": True}, users=NUMBER, users_in_all=NUMBER,
    values_changed=NUMBER, values_due=NUMBER, finished_at={**MOMENT, "nullable": True}, superseded=FLAG,
)  # fmt: skip
_HOLD = shape(
    id=ID, user_id={**ID, "nullable": True}, column_id={**ID, "nullable": True}, purpose_id={**ID, "nullable": True},
    held_at=MOMENT, held_by={**ID, "nullable": True}, ends_at={**MOMENT, "nullable": True},
)  # fmt: skip
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 413: ERROR, 415: ERROR, 503: ERROR}
_PAGED = [
    OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 1500; without it up to 1500 are listed."),
    OpenApiParameter("starting_after", str),
    OpenApiParameter("ending_before", str),
]


class _Configuring(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        must_configure(caller_in(request))


class RetentionPreview(_Configuring):
    """How many values changed settings would end at once, sooner or later than now; nothing is changed."""

    @extend_schema(
        operation_id="preview_retention",
        tags=["retention"],
        request=BODIES,
        responses={200: shape(due_now=_AFFECTED, sooner=_AFFECTED, later=_AFFECTED), **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data).nested_list("retention_durations")
        wishes = [wish_in(each) for each in fields]
        effect = effect_of_wishes(caller_in(request).environment_id, wishes, now=timezone.now())
        return Response(
            {"due_now": _affected(effect.due_now), "sooner": _affected(effect.sooner), "later": _affected(effect.later)}
        )


class RetentionChanges(_Configuring):
    """What changes of settings have done so far to what is stored."""

    @extend_schema(
        operation_id="list_retention_changes",
        tags=["retention"],
        parameters=_PAGED,
        responses={200: page_shape(_CHANGE), **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        asked = asked_page(request.query_params.dict())
        with in_environment(caller_in(request).environment_id):
            return Response(page_of(RetentionChange.objects.all(), asked, _rendered_change))


class LegalHolds(_Configuring):
    """List the holds in force, or place one."""

    @extend_schema(
        operation_id="list_legal_holds",
        tags=["legal holds"],
        parameters=_PAGED,
        responses={200: page_shape(_HOLD), **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        asked = asked_page(request.query_params.dict())
        with in_environment(caller_in(request).environment_id):
            holds = LegalHold.objects.filter(released_at=None).select_related("subject", "column", "purpose")
            return Response(page_of(holds, asked, _rendered))

    @extend_schema(
        operation_id="place_legal_hold",
        tags=["legal holds"],
        request={
            "application/json": {
                **shape(user_id=ID, column_id=ID, purpose_id=ID, reason=TEXT, ends_at=MOMENT),
                "required": ["reason"],
            }
        },
        responses={201: _HOLD, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        hold = place_hold(
            caller_in(request),
            reason=fields.text("reason"),
            subject_id=fields.optional_id("user_id"),
            column_id=fields.optional_id("column_id"),
            purpose_id=fields.optional_id("purpose_id"),
            ends_at=fields.moment("ends_at"),
        )
        return Response(_rendered(hold), status=201)


class SingleLegalHold(_Configuring):
    """Release a hold."""

    @extend_schema(operation_id="release_legal_hold", tags=["legal holds"],
                   responses={204: OpenApiResponse(description="Released."), **_ERRORS})  # fmt: skip
    def delete(self, request: Request, hold_id: UUID) -> Response:
        release_hold(caller_in(request), hold_id=hold_id)
        return Response(status=204)


def _affected(affected: Affected) -> dict[str, int]:
    return {"values": affected.values, "users": affected.subjects}


def _rendered_change(row: RetentionChange) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        "requested_at": row.created_at,
        "requested_by": str(row.requested_by) if row.requested_by else None,
        "users": row.subjects,
        "users_in_all": row.subjects_in_all,
        "values_changed": row.values_changed,
        "values_due": row.values_due,
        "finished_at": row.finished_at,
        "superseded": row.is_superseded,
    }


def _rendered(row: LegalHold) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        "user_id": str(row.subject.public_id) if row.subject else None,
        "column_id": str(row.column.public_id) if row.column else None,
        "purpose_id": str(row.purpose.public_id) if row.purpose else None,
        "held_at": row.held_at,
        "held_by": str(row.held_by) if row.held_by else None,
        "ends_at": row.ends_at,
    }
