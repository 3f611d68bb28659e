"""Who opens the review of rights: whoever owns it, and whoever configures the environment."""

from __future__ import annotations

from django.http import HttpRequest

from governance.actions.rights_reviews import owns_reviews
from governance.models import Account, RightsReviewPlan
from governance.operators.choice import operator_caller
from governance.operators.permission import CONFIGURE, environment_of, may
from keyring.walls import in_environment


def may_review(request: HttpRequest) -> bool:
    """Say whether the operator owns the reviews of the chosen environment, or configures it."""
    if getattr(request, "environment_id", None) is None or not isinstance(request.user, Account):
        return False
    if may(request, CONFIGURE):
        return True
    with in_environment(environment_of(request)):
        return owns_reviews(operator_caller(request), RightsReviewPlan.objects.first())
