"""Operators at work: which environment they have chosen, and who they are as callers."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from governance.identities import OPERATOR, Caller
from governance.models import Account, Environment

_SESSION_KEY = "environment"


def chosen_environment(request: HttpRequest) -> UUID | None:
    """Return the chosen environment, or the first one there is; None before anybody logged in."""
    user = getattr(request, "user", None)
    if not isinstance(user, Account):
        return None
    text = request.session.get(_SESSION_KEY)
    if text:
        return UUID(text)
    first = Environment.objects.order_by("-is_synthetic", "name").values_list("pk", flat=True).first()
    if first is not None:
        request.session[_SESSION_KEY] = str(first)
    return first


def choose_environment(request: HttpRequest, environment_id: UUID) -> None:
    """Work in another environment from now on."""
    request.session[_SESSION_KEY] = str(environment_id)


def operator_caller(request: HttpRequest) -> Caller:
    """Return the operator of a page as a caller in the chosen environment."""
    account = request.user
    environment_id = getattr(request, "environment_id", None)
    if not isinstance(account, Account) or environment_id is None:
        raise PermissionError("nobody is logged in")
    return Caller(
        kind=OPERATOR,
        id=account.id,
        account_id=account.id,
        environment_id=environment_id,
        name=account.username,
        group_ids=frozenset(account.groups.values_list("pk", flat=True)),
    )
