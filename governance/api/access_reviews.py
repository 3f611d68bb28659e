"""Reviews: somebody who took no part looks back at how access was used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access_queries
from governance.access_use import use_of_grant
from governance.actions.access_reviews import VERDICTS, claim_review, conclude_review, refer_review
from governance.api.access_grants import LINE as GRANT_LINE
from governance.api.access_grants import line as grant_of
from governance.api.taking_part import TAGS, TakingPartView
from governance.breakglass import machines
from governance.breakglass.reasons import LONGEST_TEXT, REASONS
from governance.breakglass.showing import SeenReview, review_line
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape

_LINE = shape(
    id=ID, state=choice(*machines.states_of(machines.REVIEW)), why=TEXT, grant=GRANT_LINE, reviewer=or_null(TEXT),
    created_at=MOMENT, due_at=MOMENT, is_overdue=FLAG, concluded_at=or_null(MOMENT),
)  # fmt: skip
_USE = shape(calls=NUMBER, rows=NUMBER, columns=array(TEXT), last_at=or_null(MOMENT))
_REQUESTED = shape(reason=choice(*REASONS), ticket=TEXT, justification=or_null(TEXT), people=NUMBER, minutes=NUMBER)
_REVIEW = shape(
    **_LINE["properties"], is_own=FLAG, comment=or_null(TEXT),
    requested=or_null({**_REQUESTED, "description": "What was asked for and why; null for whoever it is about."}),
    used={**_USE, "description": "What was read under the grant, as the book has it."},
)  # fmt: skip
_COMMENT = {**TEXT, "maxLength": LONGEST_TEXT}
_KEYS: Keys = {
    "id": id_key("id"), "state": text_key("state"), "why": text_key("why"), "due": moment_key("due_at"),
}  # fmt: skip


class AccessReviews(TakingPartView):
    """List reviews: those of what the caller may audit, and those of how they used access themselves."""

    @extend_schema(operation_id="list_access_reviews", tags=TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_LINE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller, now = caller_in(request), timezone.now()
        rows = access_queries.review_rows
        return self.paged(
            request, lambda: rows(caller, now), _KEYS, lambda row, names: _line(review_line(row, names, now=now))
        )


class SingleAccessReview(TakingPartView):
    """One review: what was asked for, granted and used."""

    @extend_schema(operation_id="get_access_review", tags=TAGS, responses={200: _REVIEW, **PROBLEMS})
    def get(self, request: Request, review_id: UUID) -> Response:
        return _shown(request, review_id)


class ReviewClaim(TakingPartView):
    """Take a review on, so that everybody sees who looks."""

    @extend_schema(operation_id="claim_access_review", tags=TAGS, request=None, responses={200: _REVIEW, **PROBLEMS})
    def post(self, request: Request, review_id: UUID) -> Response:
        claim_review(caller_in(request), review_id=review_id)
        return _shown(request, review_id)


class ReviewReferral(TakingPartView):
    """Hand a review to somebody else, saying what is unclear."""

    @extend_schema(operation_id="refer_access_review", tags=TAGS,
                   request={"application/json": {**shape(comment=_COMMENT), "required": ["comment"]}},
                   responses={200: _REVIEW, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, review_id: UUID) -> Response:
        refer_review(caller_in(request), review_id=review_id, comment=Fields(request.data).text("comment"))
        return _shown(request, review_id)


class ReviewConclusion(TakingPartView):
    """Say how access was used; whatever is not appropriate takes a comment."""

    @extend_schema(operation_id="conclude_access_review", tags=TAGS,
                   request={"application/json": {**shape(verdict=choice(*VERDICTS), comment=_COMMENT),
                                                 "required": ["verdict"]}},
                   responses={200: _REVIEW, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, review_id: UUID) -> Response:
        fields = Fields(request.data)
        conclude_review(
            caller_in(request),
            review_id=review_id,
            verdict=fields.text("verdict"),
            comment=fields.text("comment", ""),
        )
        return _shown(request, review_id)


def _shown(request: Request, review_id: UUID) -> Response:
    caller = caller_in(request)
    seen = access_queries.review_seen(caller, review_id, timezone.now())
    use = use_of_grant(caller, seen.row.grant)
    asked = seen.request
    body = {
        **_line(seen),
        "is_own": seen.is_own,
        "comment": seen.comment,
        "requested": None
        if asked is None
        else {
            "reason": asked.row.reason,
            "ticket": asked.row.ticket,
            "justification": asked.justification,
            "people": asked.row.subject_count,
            "minutes": asked.row.minutes,
        },
        "used": {"calls": use.calls, "rows": use.rows, "columns": list(use.columns), "last_at": use.last_at},
    }
    return Response(body, headers={"Cache-Control": "no-store"})


def _line(seen: SeenReview) -> dict[str, Any]:
    row = seen.row
    return {
        "id": str(row.pk),
        "state": row.state,
        "why": row.why,
        "grant": grant_of(seen.grant),
        "reviewer": seen.reviewer,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "is_overdue": seen.is_overdue,
        "concluded_at": row.concluded_at,
    }
