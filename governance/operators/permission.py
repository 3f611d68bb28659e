"""What the operator of a page may do in the chosen environment: asked of the rights, never of Django's permissions."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.change import environment_resource
from governance.authorization import refusal
from governance.errors import Refused
from governance.models import Account
from governance.operators.choice import operator_actor, operator_caller
from governance.rights import Verdict, effective_rights, holds_any_right
from governance.standing import Standing, fresh_standing_of
from governance.using import note_use
from keyring.walls import SYSTEM_ENVIRONMENT

CONFIGURE, AUDIT = "configure", "audit"


def may(request: HttpRequest, operation: str) -> bool:
    """Say whether a page for this operation is shown; whatever it does is authorized again where it happens."""
    if getattr(request, "environment_id", None) is None or not isinstance(request.user, Account):
        return False
    known: dict[str, Verdict] = request.__dict__.setdefault("allowed_operations", {})
    if operation not in known:
        standing = standing_for(request)
        known[operation] = effective_rights(
            standing=standing,
            caller=operator_caller(request),
            operation=operation,
            resource=environment_resource(standing.environment_id, standing.environment_name),
            now=timezone.now(),
        )
    return known[operation].allowed


def may_see(request: HttpRequest) -> bool:
    """Say whether a page is shown that is for whoever holds any right in the chosen environment."""
    if getattr(request, "environment_id", None) is None or not isinstance(request.user, Account):
        return False
    return holds_any_right(standing=standing_for(request), caller=operator_caller(request), now=timezone.now())


def standing_for(request: HttpRequest) -> Standing:
    """Return what holds in the chosen environment, asked once per page."""
    known: Standing | None = request.__dict__.get("standing")
    if known is None:
        known = request.__dict__["standing"] = fresh_standing_of(environment_of(request))
    return known


def environment_of(request: HttpRequest) -> UUID:
    """Return the chosen environment of a page that is only reached in one."""
    found: UUID = request.environment_id  # type: ignore[attr-defined]  # set by the middleware
    return found


def require(request: HttpRequest, operation: str) -> None:
    """Let the operator pass or refuse them, on record.

    Raises:
        Refused: they have no right for this operation on the environment.
    """
    if not may(request, operation):
        refuse(request, operation, f"right: none allows {operation} on this environment")
    verdict: Verdict = request.__dict__["allowed_operations"][operation]
    note_use(environment_of(request), (str(verdict.allowed_by),), now=timezone.now())


def manages_operators(request: HttpRequest) -> bool:
    """Say whether the account may define environments, operators and groups: the one thing a superuser may do more."""
    return isinstance(request.user, Account) and request.user.is_superuser and request.user.is_active


def require_management(request: HttpRequest) -> None:
    """Let only superusers define environments, operators and groups; others are refused, on record."""
    if not manages_operators(request):
        refuse(request, "manage", "operator: only a superuser defines environments, operators and groups")


def refuse(request: HttpRequest, operation: str, reason: str) -> None:
    """Put a refusal on record and raise it."""
    record_refused_page(request, operation, refused := refusal(reason))
    raise refused


def record_refused_page(request: HttpRequest, operation: str, refused: Refused) -> None:
    """Record what a page refused. Called outside any transaction that the refusal rolls back."""
    append(
        events.CALL_REFUSED,
        environment_id=getattr(request, "environment_id", None) or SYSTEM_ENVIRONMENT,
        actor=operator_actor(request),
        facts={"operation": operation, "resource_kind": "environment", "reasons": list(refused.reasons)},
        outcome="refused",
        decision_id=refused.decision_id,
    )
