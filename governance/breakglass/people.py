"""Who may ask, who could decide: people as the rights of an environment see them at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from governance.identities import CLIENT, OPERATOR, Caller
from governance.models import Account
from governance.rights import Resource, effective_rights
from governance.standing import Standing, StandingRight


def caller_of(account: Account, environment_id: UUID) -> Caller:
    """Return an account as the caller it would be; it says nothing about whether they are calling."""
    return Caller(
        kind=OPERATOR if account.kind == Account.OPERATOR else CLIENT,
        id=account.id,
        account_id=account.id,
        environment_id=environment_id,
        name=account.username,
        group_ids=frozenset(account.groups.values_list("pk", flat=True)),
    )


def may(account: Account, operation: str, resource: Resource, *, standing: Standing, now: datetime) -> bool:
    """Say whether an account that is let in holds a right for an operation."""
    if not account.is_active:
        return False
    caller = caller_of(account, standing.environment_id)
    return effective_rights(standing=standing, caller=caller, operation=operation, resource=resource, now=now).allowed


def able_to(operation: str, resource: Resource, *, standing: Standing, now: datetime) -> frozenset[UUID]:
    """Return the operators who may do an operation on a resource now; a denial counts."""
    accounts = {holder for holder, rights in standing.account_rights.items() if _names(rights, operation)}
    groups = {group for group, rights in standing.group_rights.items() if _names(rights, operation)}
    operators = Account.objects.filter(kind=Account.OPERATOR, is_active=True)
    members = set(operators.filter(groups__in=groups).values_list("pk", flat=True)) if groups else set()
    candidates = operators.filter(pk__in=accounts | members).prefetch_related("groups")
    return frozenset(
        account.id for account in candidates if may(account, operation, resource, standing=standing, now=now)
    )


def _names(rights: Iterable[StandingRight], operation: str) -> bool:
    return any(right.operation == operation for right in rights)
