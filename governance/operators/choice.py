"""Which environment an operator works in; kept in the session, always visible, changed by choice."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from audit.actors import Actor
from governance.actions.sign_ins import record_chosen_environment
from governance.errors import NotFound
from governance.identities import OPERATOR, Caller
from governance.models import Account, Environment

_SESSION_KEY = "environment"


def chosen_environment(request: HttpRequest) -> UUID | None:
    """Return the chosen environment, or the first one there is; None before anybody signed in."""
    if not isinstance(getattr(request, "user", None), Account):
        return None
    text = request.session.get(_SESSION_KEY)
    if text and Environment.objects.filter(pk=text).exists():
        return UUID(text)
    first = Environment.objects.order_by("-is_synthetic", "name").values_list("pk", flat=True).first()
    if first is not None:
        request.session[_SESSION_KEY] = str(first)
    return first


def choose_environment(request: HttpRequest, environment_id: UUID) -> None:
    """Work in another environment from now on; the choice is recorded there.

    Raises:
        NotFound: there is no such environment.
    """
    if not Environment.objects.filter(pk=environment_id).exists():
        raise NotFound("There is no such environment.", field="environment")
    record_chosen_environment(operator_actor(request), environment_id=environment_id)
    request.session[_SESSION_KEY] = str(environment_id)


def operator_caller(request: HttpRequest) -> Caller:
    """Return the operator of a page as a caller in the chosen environment."""
    account = request.user
    environment_id = getattr(request, "environment_id", None)
    if not isinstance(account, Account) or environment_id is None:
        raise PermissionError("nobody is signed in")
    return Caller(
        kind=OPERATOR,
        id=account.id,
        account_id=account.id,
        environment_id=environment_id,
        name=account.username,
        group_ids=frozenset(account.groups.values_list("pk", flat=True)),
    )


def operator_actor(request: HttpRequest) -> Actor:
    """Return the operator of a page as the book names them, for what belongs to no environment."""
    if not isinstance(request.user, Account):
        raise PermissionError("nobody is signed in")
    return Actor(OPERATOR, request.user.id)
