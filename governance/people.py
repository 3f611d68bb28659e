"""Operators as decisions see them: who they are, and who of them may do something in an environment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.actions.change import environment_resource
from governance.errors import NotFound
from governance.identities import CLIENT, OPERATOR, SYSTEM, Caller
from governance.models import AccessRequest, Account, Client, Environment, GroupRight, Right, StaffMember, Ticket
from governance.rights import effective_rights
from governance.standing import Standing
from keyring.walls import in_environment


def operator_named(account: Account, *, environment_id: UUID) -> Caller:
    """Return an operator as a caller in an environment."""
    return Caller(
        kind=OPERATOR,
        id=account.id,
        account_id=account.id,
        environment_id=environment_id,
        name=account.username,
        group_ids=frozenset(group.pk for group in account.groups.all()),
    )


def caller_named(*, kind: str, caller_id: UUID, environment_id: UUID) -> Caller | None:
    """Return an operator or a client as a caller, as they are now; must run inside the environment.

    None for an operator who may not sign in any more, and for a client that is gone. What either may do is decided at
    every call.
    """
    if kind == OPERATOR:
        account = Account.objects.filter(pk=caller_id, kind=Account.OPERATOR, is_active=True).first()
        return operator_named(account, environment_id=environment_id) if account is not None else None
    client = Client.objects.filter(public_id=caller_id).first() if kind == CLIENT else None
    if client is None:
        return None
    return Caller(
        kind=CLIENT, id=client.public_id, account_id=client.account_id, environment_id=environment_id, name=client.name
    )


def client_at(environment_name: str, client: str) -> Caller:
    """Return a client as a caller, by the name of its environment and its own name or id: for commands of the machine.

    Raises:
        NotFound: there is no such environment, or no such client in it.
    """
    environment = Environment.objects.filter(name__iexact=environment_name).first()
    if environment is None:
        raise NotFound(f"There is no environment {environment_name!r}.")
    with in_environment(environment.id):
        found = [each for each in Client.objects.all() if client in (each.name, str(each.public_id))]
    if len(found) != 1:
        raise NotFound(f"There is no client {client!r} in {environment.name}.")
    return Caller(CLIENT, found[0].public_id, found[0].account_id, environment.id, found[0].name)


def people_who(*, standing: Standing, operation: str, now: datetime) -> list[Caller]:
    """Return the operators whose rights allow an operation on the whole environment at this moment."""
    resource = environment_resource(standing.environment_id, standing.environment_name)
    return [
        caller
        for caller in operators_of(standing.environment_id)
        if effective_rights(standing=standing, caller=caller, operation=operation, resource=resource, now=now).allowed
    ]


def operators_of(environment_id: UUID) -> list[Caller]:
    """Return every operator who may sign in as a caller in an environment, whatever their rights."""
    accounts = Account.objects.filter(kind=Account.OPERATOR, is_active=True).prefetch_related("groups")
    return [operator_named(account, environment_id=environment_id) for account in accounts]


def operators_known_to(caller: Caller) -> QuerySet[Account]:
    """Return the operators whose names a caller may learn by naming them; must run inside the environment.

    Operators are of the installation, and who works in another environment is no business of this one. Here are known
    whoever holds a right, has asked for access, is in the staff directory or has a ticket. The machine knows all.
    """
    operators = Account.objects.filter(kind=Account.OPERATOR)
    if caller.kind == SYSTEM:
        return operators
    here = Q(groups__in=GroupRight.objects.values("group_id"))
    for rows in (
        Right.objects.values("user_id"),
        AccessRequest.objects.values("grantee_id"),
        StaffMember.objects.values("account_id"),
        StaffMember.objects.exclude(manager=None).values("manager_id"),
        Ticket.objects.values("assignee_id"),
    ):
        here |= Q(pk__in=rows)
    return operators.filter(here).distinct()
