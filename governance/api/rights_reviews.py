"""Reviews of rights, and rights that nobody uses. Verdicts are people's: they are given in the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.rights_reviews import plan_rights_reviews, retire_rights_reviews
from governance.api.configuring import ConfiguringView
from governance.api.rights import HOLDER, RIGHT, holder_asked, rendered_right
from governance.errors import Invalid, NotFound
from governance.held_rights import unused_rights
from governance.models import ReviewedRight, RightsReview, RightsReviewPlan
from governance.models.rights_reviews import DROPPED, GONE, KEEP, LONGEST_DAYS, RETIRE, SUSPEND, WARN
from governance.rights_review_queries import verdicts_of
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, choice, or_null, shape
from keyring.walls import in_environment

_DAY = {"type": "string", "format": "date"}
_PLAN = shape(
    id=ID,
    owner=HOLDER,
    every_days=NUMBER,
    deadline_days=NUMBER,
    on_overdue=choice(SUSPEND, WARN),
    next_at=MOMENT,
)
_REVIEW = shape(
    id=ID,
    opened_at=MOMENT,
    due_at=MOMENT,
    closed_at=or_null(MOMENT),
    waiting=NUMBER,
    kept=NUMBER,
    retired=NUMBER,
    gone=NUMBER,
    dropped=NUMBER,
)
_REVIEWED = shape(right=TEXT, verdict=or_null(choice(KEEP, RETIRE, GONE, DROPPED)), decided_at=or_null(MOMENT))
_UNUSED = shape(right=RIGHT, given_at=MOMENT, used_on=or_null(_DAY))
_USUAL_DAYS = 90


class ReviewPlan(ConfiguringView):
    """How often the rights of the environment are reviewed, by whom, and what becomes of undecided ones."""

    @extend_schema(operation_id="get_rights_review_plan", tags=["governance"], responses={200: _PLAN, **PROBLEMS})
    def get(self, request: Request) -> Response:
        with in_environment(caller_in(request).environment_id):
            plan = RightsReviewPlan.objects.select_related("owner", "owner_group").first()
            if plan is None:
                raise NotFound("No reviews are planned in this environment.")
            return Response(_rendered_plan(plan))

    @extend_schema(
        operation_id="plan_rights_reviews",
        tags=["governance"],
        description="Makes the plan, or changes it. The owner is an operator or a group of operators.",
        request={
            "application/json": shape(
                owner=HOLDER,
                every_days={**NUMBER, "minimum": 2, "maximum": LONGEST_DAYS},
                deadline_days={**NUMBER, "minimum": 1},
                on_overdue=choice(SUSPEND, WARN),
            )
        },
        responses={200: _PLAN, **PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            owner = holder_asked(fields.nested("owner"))
        plan_rights_reviews(
            caller,
            owner=owner,
            every_days=fields.number("every_days"),
            deadline_days=fields.number("deadline_days"),
            on_overdue=fields.text("on_overdue", SUSPEND),
        )
        return self.get(request)


class SingleReviewPlan(ConfiguringView):
    """Have rights reviewed no longer; reviews that are open end, and what is undecided in them is dropped."""

    @extend_schema(operation_id="retire_rights_reviews", tags=["governance"],
                   responses={204: OpenApiResponse(description="Reviewed no longer."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, plan_id: UUID) -> Response:
        retire_rights_reviews(caller_in(request), public_id=plan_id)
        return Response(status=204)


class Reviews(ConfiguringView):
    """The reviews of the environment's rights, the newest first; several may be open, no right waits in two."""

    @extend_schema(operation_id="list_rights_reviews", tags=["governance"],
                   responses={200: shape(data=array(_REVIEW)), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response({"data": [_rendered(review) for review in RightsReview.objects.all()]})


class SingleReview(ConfiguringView):
    """One review, with the verdict about each right; the book says who gave it."""

    @extend_schema(operation_id="get_rights_review", tags=["governance"],
                   responses={200: shape(review=_REVIEW, rights=array(_REVIEWED)), **PROBLEMS})  # fmt: skip
    def get(self, request: Request, review_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            review = RightsReview.objects.filter(pk=review_id).first()
            if review is None:
                raise NotFound("There is no such review in this environment.", field="review")
            rights = ReviewedRight.objects.filter(review=review)
            return Response({"review": _rendered(review), "rights": [_rendered_right(each) for each in rights]})


class UnusedRights(ConfiguringView):
    """Rights that were given more than `days` days ago and allowed nothing since; denials are none of them."""

    @extend_schema(
        operation_id="list_unused_rights",
        tags=["governance"],
        parameters=[OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS})],
        responses={200: shape(days=NUMBER, data=array(_UNUSED)), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        text = request.query_params.get("days", str(_USUAL_DAYS))
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LONGEST_DAYS):
            raise Invalid(f"Days are a number from 1 to {LONGEST_DAYS}.", field="days")
        with in_environment(caller_in(request).environment_id):
            found = unused_rights(days=int(text), now=timezone.now())
            rows = [
                {
                    "right": rendered_right(held.right),
                    "given_at": held.right.created_at,
                    "used_on": held.used_on.isoformat() if held.used_on else None,
                }
                for held in found
            ]
            return Response({"days": int(text), "data": rows})


def _rendered_plan(plan: RightsReviewPlan) -> dict[str, Any]:
    group, owner = plan.owner_group, plan.owner
    named = {"kind": "group", "id": str(group.pk), "name": group.name} if group is not None else {
        "kind": "account", "id": str(plan.owner_id), "name": owner.username if owner is not None else "",
    }  # fmt: skip
    return {
        "id": str(plan.public_id),
        "owner": named,
        "every_days": plan.every_days,
        "deadline_days": plan.deadline_days,
        "on_overdue": plan.on_overdue,
        "next_at": plan.next_at,
    }


def _rendered(review: RightsReview) -> dict[str, Any]:
    counted = verdicts_of(review)
    return {
        "id": str(review.id),
        "opened_at": review.opened_at,
        "due_at": review.due_at,
        "closed_at": review.closed_at,
        "waiting": counted.get("", 0),
        "kept": counted.get(KEEP, 0),
        "retired": counted.get(RETIRE, 0),
        "gone": counted.get(GONE, 0),
        "dropped": counted.get(DROPPED, 0),
    }


def _rendered_right(each: ReviewedRight) -> dict[str, Any]:
    return {"right": str(each), "verdict": each.verdict or None, "decided_at": each.decided_at}
