"""The plan by which rights are reviewed again and again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from governance.actions.rights_reviews import plan_rights_reviews, retire_rights_reviews
from governance.errors import Invalid
from governance.identities import Caller
from governance.models import Account, RightsReviewPlan
from governance.models.rights_reviews import LONGEST_DAYS, SUSPEND, WARN
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm


class PlanForm(DefinitionForm):
    owner_group = fields.one_of(
        "Reviewed by group",
        Group.objects.order_by("name"),
        required=False,
        empty_label="—",
        help_text="Two members at least: nobody decides about a right of their own.",
    )
    owner = fields.one_of(
        "Or by operator",
        Account.objects.filter(kind=Account.OPERATOR, is_active=True).order_by("username"),
        required=False,
        empty_label="—",
    )
    every_days = fields.whole_number("Every", initial=90, min_value=2, max_value=LONGEST_DAYS, help_text="Days.")
    deadline_days = fields.whole_number("To be decided within", initial=14, min_value=1, help_text="Days.")
    on_overdue = fields.choice(
        "What is undecided then",
        [(SUSPEND, "is suspended until it is decided"), (WARN, "is shown as overdue")],
        help_text="Rights to configure and denials are never suspended.",
    )


@admin.register(RightsReviewPlan)
class RightsReviewPlanAdmin(DefinitionAdmin):
    """Plans, changes and ends the reviews of an environment's rights."""

    form = PlanForm
    save_word = "Plan reviews"
    retire_word = "End"
    retired_word = "ended"
    empty_hint = "Nobody looks at the rights here again. A plan has each of them kept or retired, time after time."
    consequence = "Rights are reviewed no longer. Reviews that are open end, and what they suspended holds again."
    actions_detail = ()
    list_display = ("plan", "reviewer", "within", "on_overdue", "next")
    list_select_related = ("owner", "owner_group")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not RightsReviewPlan.objects.exists()

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> RightsReviewPlan:  # noqa: ARG002  no inlines
        named = [each for each in (data["owner_group"], data["owner"]) if each is not None]
        if len(named) != 1:
            raise Invalid("Name a group or an operator, one of the two.", field="owner_group")
        return plan_rights_reviews(
            caller,
            owner=named[0],
            every_days=data["every_days"],
            deadline_days=data["deadline_days"],
            on_overdue=data["on_overdue"],
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_rights_reviews(caller, public_id=stored.public_id)

    @shown("plan")
    def plan(self, plan: RightsReviewPlan) -> str:
        return str(plan)

    @shown("reviewed by")
    def reviewer(self, plan: RightsReviewPlan) -> str:
        return f"group {plan.owner_group}" if plan.owner_group is not None else f"operator {plan.owner}"

    @shown("decided within")
    def within(self, plan: RightsReviewPlan) -> str:
        return f"{plan.deadline_days} days"

    @shown("next review")
    def next(self, plan: RightsReviewPlan) -> str:
        return in_utc(plan.next_at, otherwise="")
