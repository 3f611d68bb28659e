"""The access that is open now, for the banner of every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from governance.models import Account
from governance.operators.permission import standing_for
from governance.rights import latest_moment
from governance.standing import StandingGrant


def active_access(request: HttpRequest) -> dict[str, Any]:
    """Give templates the grants that the operator is using in the chosen environment."""
    return {"active_access": SimpleLazyObject(lambda: _active(request))}


def _active(request: HttpRequest) -> list[StandingGrant]:
    account = getattr(request, "user", None)
    if not isinstance(account, Account) or getattr(request, "environment_id", None) is None:
        return []
    standing = standing_for(request)
    now = latest_moment(standing, timezone.now())
    return [grant for grant in standing.grants.get(account.pk, ()) if grant.not_before <= now < grant.not_after]
