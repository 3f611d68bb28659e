"""Requests for temporary access: asked, looked at, decided. A program asks and decides by its own rights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access_queries
from governance.access_use import earlier_use
from governance.actions.access_decisions import (
    Narrowing,
    answer_request,
    approve_request,
    ask_back,
    cancel_request,
    deny_request,
)
from governance.actions.access_requests import Wish, declare_emergency, submit_request
from governance.api.access_grants import GRANT
from governance.api.access_grants import rendered as rendered_grant
from governance.api.taking_part import TAGS, TakingPartView, chosen, ids_in, shown_names, whose
from governance.breakglass.machines import REQUEST, states_of
from governance.breakglass.reasons import EMERGENCY_REASONS, LONGEST_TEXT, REASONS, SHORTEST_TEXT
from governance.breakglass.showing import SeenApproval, SeenRequest, request_line
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape

_NAMED = array(shape(id=ID, name=TEXT))
_LINE = shape(
    id=ID, state=choice(*states_of(REQUEST)), requester=TEXT, grantee=TEXT, accessor_id=ID, accessor=TEXT,
    purpose_id=ID, purpose=TEXT, columns=_NAMED, people=NUMBER, minutes=NUMBER, reason=choice(*REASONS), ticket=TEXT,
    created_at=MOMENT, not_before=MOMENT, decide_by=or_null(MOMENT), decided_at=or_null(MOMENT), needed=NUMBER,
    extends=or_null(ID),
)  # fmt: skip
_APPROVAL = shape(approver=TEXT, approved_at=MOMENT, columns=_NAMED, minutes=NUMBER, comment=or_null(TEXT))
_REQUEST = shape(
    **_LINE["properties"], left=shape(columns=_NAMED, subjects=array(ID), minutes=NUMBER),
    shown={**TEXT, "description": "A fingerprint of what is shown; a decision names what it was taken on."},
    approvals=array(_APPROVAL), justification=or_null(TEXT), question=or_null(TEXT), answer=or_null(TEXT),
    comment=or_null(TEXT), decided_by=or_null(TEXT), grant_id=or_null(ID), is_own=FLAG, may_decide=FLAG,
)  # fmt: skip
_WISH = shape(
    accessor_id=ID, purpose={**ID, "description": "One of the accessor's."}, subjects=array(ID),
    columns={**array(ID), "description": "Some of the accessor's."}, minutes=NUMBER, reason=choice(*REASONS),
    justification={**TEXT, "description": f"A sentence of {SHORTEST_TEXT} to {LONGEST_TEXT} characters."}, ticket=TEXT,
    grantee=or_null({**ID, "description": "Account for whom it is; null: whoever asks."}),
    not_before=or_null(MOMENT), extends=or_null({**ID, "description": "The request whose grant this is to follow."}),
)  # fmt: skip
_NEEDED = ["accessor_id", "purpose", "subjects", "columns", "minutes", "reason", "justification"]
_ASKED = {"application/json": {**_WISH, "required": _NEEDED}}
_DECLARED = {
    "application/json": {
        **_WISH,
        "properties": {**_WISH["properties"], "reason": choice(*sorted(EMERGENCY_REASONS))},
        "required": _NEEDED,
    }
}
_COMMENT = {**TEXT, "maxLength": LONGEST_TEXT}
_USE = shape(
    grants=NUMBER, used=NUMBER, granted_columns=array(shape(name=TEXT, grants=NUMBER)),
    read_columns=array(shape(name=TEXT, grants=NUMBER)),
)  # fmt: skip
_KEYS: Keys = {
    "id": id_key("id"), "state": text_key("state"), "reason": text_key("reason"), "accessor_id": id_key("accessor_id"),
    "created": moment_key("created_at"),
}  # fmt: skip


class AccessRequests(TakingPartView):
    """List requests, without what was written in them, or make one."""

    @extend_schema(operation_id="list_access_requests", tags=TAGS,
                   parameters=[whose("own", "to_decide"), *list_parameters(_KEYS)],
                   responses={200: page_shape(_LINE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller, now = caller_in(request), timezone.now()
        rows = {
            "all": lambda: access_queries.request_rows(caller, now),
            "own": lambda: access_queries.own_request_rows(caller),
            "to_decide": lambda: access_queries.request_rows_to_decide(caller, now),
        }
        found = chosen(request, rows)
        return self.paged(request, found, _KEYS, lambda row, names: _line(request_line(row, names, now=now)))

    @extend_schema(operation_id="submit_access_request", tags=TAGS, request=_ASKED,
                   responses={201: _REQUEST, **PROBLEMS})  # fmt: skip
    def post(self, request: Request) -> Response:
        submitted = submit_request(caller_in(request), _wish(Fields(request.data)))
        return _shown(request, submitted.pk, status=201)


class Emergencies(TakingPartView):
    """Declare an emergency: access at once, everybody who was skipped is told, and a review is due.

    A program proves no second factor, so it is refused wherever a rule asks for one.
    """

    @extend_schema(operation_id="declare_emergency", tags=TAGS, request=_DECLARED, responses={201: GRANT, **PROBLEMS})
    def post(self, request: Request) -> Response:
        caller = caller_in(request)
        grant = declare_emergency(caller, _wish(Fields(request.data)), factor_at=None)
        return Response(rendered_grant(access_queries.grant_seen(caller, grant.pk, timezone.now())), status=201)


class SingleAccessRequest(TakingPartView):
    """One request, with what was written in it: for who asked, who may decide and who may audit."""

    @extend_schema(operation_id="get_access_request", tags=TAGS, responses={200: _REQUEST, **PROBLEMS})
    def get(self, request: Request, request_id: UUID) -> Response:
        return _shown(request, request_id)


class EarlierUseOfReason(TakingPartView):
    """What grants of the last 90 days for the same reason, through the same accessor, gave and were used for."""

    @extend_schema(operation_id="get_earlier_use", tags=TAGS, responses={200: _USE, **PROBLEMS})
    def get(self, request: Request, request_id: UUID) -> Response:
        caller, now = caller_in(request), timezone.now()
        row = access_queries.request_seen(caller, request_id, now).row
        use = earlier_use(caller, row.reason, row.accessor_id, now)
        counted = {
            name: [{"name": column, "grants": grants} for column, grants in columns.items()]
            for name, columns in (("granted_columns", use.granted_columns), ("read_columns", use.read_columns))
        }
        return Response({"grants": use.grants, "used": use.used, **counted})


class RequestApproval(TakingPartView):
    """Approve a request, or what is left of it. The last approval that it takes makes the grant.

    A client that holds the right `approve` decides like a person: give it to a program only where people press its
    button.
    """

    @extend_schema(
        operation_id="approve_access_request",
        tags=TAGS,
        request={
            "application/json": {
                **shape(
                    shown=TEXT,
                    columns=or_null({**array(ID), "description": "What is left of the columns; null: all."}),
                    minutes=or_null(NUMBER),
                    without={**array(ID), "description": "People who are left out."},
                    comment=_COMMENT,
                ),
                "required": ["shown"],
            }
        },
        responses={200: _REQUEST, **PROBLEMS},
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        fields = Fields(request.data)
        narrowing = Narrowing(without=ids_in(fields, "without"))
        if fields.raw("columns") is not None:
            narrowing = replace(narrowing, columns=ids_in(fields, "columns"))
        if fields.raw("minutes") is not None:
            narrowing = replace(narrowing, minutes=fields.number("minutes"))
        approve_request(
            caller_in(request),
            request_id=request_id,
            shown=fields.text("shown"),
            narrowing=narrowing,
            comment=fields.text("comment", ""),
        )
        return _shown(request, request_id)


class RequestDenial(TakingPartView):
    """Deny a request, with a comment that its requester can learn from."""

    @extend_schema(operation_id="deny_access_request", tags=TAGS,
                   request={"application/json": {**shape(shown=TEXT, comment=_COMMENT),
                                                 "required": ["shown", "comment"]}},
                   responses={200: _REQUEST, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, request_id: UUID) -> Response:
        fields = Fields(request.data)
        deny_request(
            caller_in(request), request_id=request_id, shown=fields.text("shown"), comment=fields.text("comment")
        )
        return _shown(request, request_id)


class RequestQuestion(TakingPartView):
    """Ask the requester a question, once; the time to decide runs on."""

    @extend_schema(operation_id="ask_back", tags=TAGS,
                   request={"application/json": {**shape(shown=TEXT, question=_COMMENT),
                                                 "required": ["shown", "question"]}},
                   responses={200: _REQUEST, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, request_id: UUID) -> Response:
        fields = Fields(request.data)
        ask_back(
            caller_in(request), request_id=request_id, shown=fields.text("shown"), question=fields.text("question")
        )
        return _shown(request, request_id)


class RequestAnswer(TakingPartView):
    """Answer what was asked back."""

    @extend_schema(operation_id="answer_access_request", tags=TAGS,
                   request={"application/json": {**shape(answer=_COMMENT), "required": ["answer"]}},
                   responses={200: _REQUEST, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, request_id: UUID) -> Response:
        answer_request(caller_in(request), request_id=request_id, answer=Fields(request.data).text("answer"))
        return _shown(request, request_id)


class RequestCancellation(TakingPartView):
    """Take one's own request back."""

    @extend_schema(operation_id="cancel_access_request", tags=TAGS, request=None,
                   responses={200: _REQUEST, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, request_id: UUID) -> Response:
        cancel_request(caller_in(request), request_id=request_id)
        return _shown(request, request_id)


def _wish(fields: Fields) -> Wish:
    return Wish(
        accessor_id=fields.id("accessor_id"),
        purpose=fields.id("purpose"),
        subject_ids=ids_in(fields, "subjects"),
        columns=ids_in(fields, "columns"),
        minutes=fields.number("minutes"),
        reason=fields.text("reason"),
        justification=fields.text("justification"),
        ticket=fields.text("ticket", ""),
        grantee_id=fields.optional_id("grantee"),
        not_before=fields.moment("not_before"),
        extends=fields.optional_id("extends"),
    )


def _shown(request: Request, request_id: UUID, *, status: int = 200) -> Response:
    seen = access_queries.request_seen(caller_in(request), request_id, timezone.now())
    return Response(_rendered(seen), status=status, headers={"Cache-Control": "no-store"})


def _line(seen: SeenRequest) -> dict[str, Any]:
    row = seen.row
    told = (
        "state", "minutes", "reason", "ticket", "created_at", "not_before", "decide_by", "decided_at", "needed",
    )  # fmt: skip
    return {
        "id": str(row.pk),
        "requester": seen.requester,
        "grantee": seen.grantee,
        "accessor_id": str(row.accessor_id),
        "accessor": seen.accessor,
        "purpose_id": str(seen.purpose_id),
        "purpose": seen.purpose,
        "columns": shown_names(seen.columns),
        "people": row.subject_count,
        **{name: getattr(row, name) for name in told},
        "extends": str(row.extends_id) if row.extends_id else None,
    }


def _rendered(seen: SeenRequest) -> dict[str, Any]:
    left = seen.left
    return {
        **_line(seen),
        "left": {
            "columns": shown_names(seen.left_columns),
            "subjects": [str(subject) for subject in left.subjects] if left else [],
            "minutes": left.minutes if left else 0,
        },
        "shown": seen.shown,
        "approvals": [_approval(approval) for approval in seen.approvals],
        "justification": seen.justification,
        "question": seen.question,
        "answer": seen.answer,
        "comment": seen.comment,
        "decided_by": seen.decided_by,
        "grant_id": str(seen.grant.pk) if seen.grant else None,
        "is_own": seen.is_own,
        "may_decide": seen.may_decide,
    }


def _approval(approval: SeenApproval) -> dict[str, Any]:
    return {
        "approver": approval.approver,
        "approved_at": approval.approved_at,
        "columns": shown_names(approval.columns),
        "minutes": approval.minutes,
        "comment": approval.comment,
    }
