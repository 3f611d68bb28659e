"""What a client may do for somebody who handed on temporary access to it: never more than each of them may.

The grant, the client's right to act for others, and what was handed on are intersected at every check; nothing of it
is ever added to anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from governance.catalogue import requestables
from governance.identities import Caller
from governance.models import Delegation, RequestedSubject
from governance.rights import Resource, Verdict, effective_grant, effective_rights, latest_moment
from governance.standing import Standing, StandingGrant
from keyring.walls import in_environment

CHANGED = "delegation: the accessor, its policy or what becomes of its values has changed since it was handed on"


@dataclass(frozen=True, slots=True)
class StandingDelegation:
    """One delegation that a client has taken, as decisions see it."""

    id: UUID
    grant_id: UUID
    holder_id: UUID
    """Account of who handed it on."""
    client_id: UUID
    columns: frozenset[UUID]
    subjects: frozenset[UUID]
    version: str
    key: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What is left of a grant in a client's hands, and the right by which the client acts for others."""

    id: UUID
    grant: StandingGrant
    ceiling: Verdict


def handed_on(
    *,
    standing: Standing,
    caller: Caller,
    operation: str,
    resource: Resource,
    purposes: Collection[UUID],
    also: Collection[str],
    named: UUID | None,
    now: datetime,
) -> HandedOn | str:
    """Return what a client may read for the caller at this moment, or the reason why it may not."""
    found = _taken(standing, caller)
    if found is None:
        return "delegation: ended, or never taken by this client with this key"
    against = _against(found, operations={operation, *also}, named=named, now=latest_moment(standing, now))
    if against:
        return against
    ceiling = ceiling_of(standing=standing, client=_client(caller), resource=resource, now=now)
    grant = grant_in_force(standing, caller, found.grant_id, resource, purposes, now)
    if isinstance(ceiling, str) or isinstance(grant, str):
        return str(ceiling if isinstance(ceiling, str) else grant)
    if version_now(standing, resource.public_id) != found.version:
        return CHANGED
    left = replace(grant, columns=grant.columns & found.columns, subjects=grant.subjects & found.subjects)
    return HandedOn(found.id, left, ceiling)


def _against(found: StandingDelegation, *, operations: Collection[str], named: UUID | None, now: datetime) -> str:
    """Say why a delegation does not cover a call, whatever anybody's rights say; "" where it does."""
    if operations != {"read"}:
        return "delegation: it only reads, through one accessor"
    if not found.not_before <= now < found.not_after:
        return "delegation: its time is over"
    return "" if named in (None, found.grant_id) else f"grant: {named} is not the one that was handed on"


def ceiling_of(*, standing: Standing, client: Caller, resource: Resource, now: datetime) -> Verdict | str:
    """Return the right by which a client may read here for others, or the reason why it may not.

    A denial of reading is meant for whatever the client reads, its own or another's.
    """
    reading = effective_rights(standing=standing, caller=client, operation="read", resource=resource, now=now)
    acting = effective_rights(standing=standing, caller=client, operation="act", resource=resource, now=now)
    denied = acting.denied_by or reading.denied_by
    if denied:
        return f"right: {denied} denies the client {'act' if acting.denied_by else 'read'}"
    return acting if acting.allowed else "delegation: the client has no right to act for others here"


def grant_in_force(
    standing: Standing, holder: Caller, grant_id: UUID, resource: Resource, purposes: Collection[UUID], now: datetime
) -> StandingGrant | str:
    """Return a grant that its holder could read by at this moment, or the reason why they could not."""
    reading = effective_rights(standing=standing, caller=holder, operation="read", resource=resource, now=now)
    if reading.denied_by:
        return f"right: {reading.denied_by} denies read"
    grant = effective_grant(
        standing=standing,
        caller=holder,
        operation="read",
        resource=resource,
        purposes=purposes,
        now=now,
        named=grant_id,
    )
    return grant or f"grant: {grant_id} gives no access to this {resource.kind} now"


def version_now(standing: Standing, accessor_id: UUID) -> str:
    """Return as what an accessor is defined, with what decides in it and what becomes of its values."""

    def load() -> str:
        with in_environment(standing.environment_id):
            return requestables().version_of(accessor_id)

    return standing.part(("version", accessor_id), load)


def delegation_of(caller: Caller) -> dict[str, UUID]:
    """What a record says of a call that somebody made for another: which delegation it was made by."""
    return {"delegation": caller.delegated.id} if caller.delegated is not None else {}


def _taken(standing: Standing, caller: Caller) -> StandingDelegation | None:
    """Return the delegation that a token speaks of, as far as row and token are about the same."""
    delegated = caller.delegated
    known: Mapping[UUID, StandingDelegation] = standing.part("delegations", lambda: _load(standing))
    found = known.get(delegated.id) if delegated is not None else None
    if delegated is None or found is None:
        return None
    told = (found.holder_id, found.client_id, found.key)
    return found if told == (caller.account_id, delegated.client.id, delegated.key) else None


def _client(caller: Caller) -> Caller:
    if caller.delegated is None:
        raise TypeError("nobody calls for this caller")
    return caller.delegated.client


def _load(standing: Standing) -> Mapping[UUID, StandingDelegation]:
    with in_environment(standing.environment_id):
        taken = Delegation.objects.select_related("grant", "client").filter(ended_at=None, taken_at__isnull=False)
        # What was over at the latest moment that anybody has seen never begins again.
        rows = list(taken if standing.latest_at is None else taken.filter(not_after__gt=standing.latest_at))
        named = {pk for row in rows for pk in row.people}
        people = dict(RequestedSubject.objects.filter(pk__in=named, is_excluded=False).values_list("pk", "subject_id"))
    return {
        row.pk: StandingDelegation(
            id=row.pk,
            grant_id=row.grant_id,
            holder_id=row.grant.grantee_id,
            client_id=row.client.public_id,
            columns=frozenset(row.columns),
            subjects=frozenset(people[pk] for pk in row.people if pk in people),
            version=row.version,
            key=row.key,
            not_before=row.taken_at,  # type: ignore[arg-type]  # the statement asked for taken ones
            not_after=row.not_after,  # type: ignore[arg-type]  # the database says so of taken ones
        )
        for row in rows
    }
