"""Delegations as they are shown, and to whom: who gave them, who got them, who may stop or audit such access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.access_queries import grant_rows, request_rows
from governance.breakglass.showing import Names, revealed
from governance.errors import NotFound
from governance.identities import Caller
from governance.models import Delegation, RequestedSubject
from keyring.walls import in_environment


@dataclass(frozen=True, slots=True)
class SeenDelegation:
    """One delegation. What it is for and whose records it opens is None in lists, and for whom it is not meant."""

    row: Delegation
    holder: str
    offered_by: str
    client_id: UUID
    client: str
    columns: Mapping[UUID, str]
    state: str
    """What it comes to now, by the clock."""
    subjects: tuple[UUID, ...] | None = None
    justification: str | None = field(default=None, repr=False)


STATES = ("offered", "accepted", "taken", "over", "ended")


def delegation_rows(caller: Caller, now: datetime) -> QuerySet[Delegation]:
    """Delegations that somebody sees: their own, those to them, and those of grants that they see."""
    me = caller.account_id
    own = Q(offered_by_id=me) | Q(grant__grantee_id=me) | Q(client__account_id=me)
    seen = own | Q(grant__in=grant_rows(caller, now).order_by().values("pk"))
    return Delegation.objects.select_related("grant__grantee", "client", "offered_by").filter(seen)


def delegation_seen(caller: Caller, delegation_id: UUID, now: datetime) -> SeenDelegation:
    """Return one delegation with what it is for, and whose records it opens.

    Raises:
        NotFound: there is none, or the caller may not see it.
        Refused: the caller is disabled or frozen.
    """
    with in_environment(caller.environment_id):
        row = delegation_rows(caller, now).filter(pk=delegation_id).first()
        if row is None:
            raise NotFound("There is no such delegation.", field="delegation")
        # Whoever only stops access learns neither why nor of whom; the client learns whom it may read.
        knows_request = request_rows(caller, now).filter(pk=row.grant.request_id).exists()
        is_reading = row.client.account_id == caller.account_id and _state(row, now) == "taken"
        knows_people = knows_request or is_reading
        people = RequestedSubject.objects.filter(pk__in=row.people).order_by("subject_id")
        return replace(
            delegation_line(row, Names(), now=now),
            subjects=tuple(people.values_list("subject_id", flat=True)) if knows_people else None,
            justification=revealed(row.justification) if knows_request else None,
        )


def delegation_line(row: Delegation, names: Names, *, now: datetime) -> SeenDelegation:
    """Show a delegation as a line of a list."""
    return SeenDelegation(
        row=row,
        holder=names.account(row.grant.grantee),
        offered_by=names.account(row.offered_by),
        client_id=row.client.public_id,
        client=row.client.name,
        columns=names.columns(row.grant.accessor_id, row.columns),
        state=_state(row, now),
    )


def _state(row: Delegation, now: datetime) -> str:
    if row.ended_at is not None:
        return "ended"
    if row.not_after is not None and now >= row.not_after:
        return "over"
    if row.accepted_at is None:
        return "offered"
    return "accepted" if row.taken_at is None else "taken"
