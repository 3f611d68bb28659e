"""Handing temporary access on to a client: offered, accepted by who holds it, taken by the client, ended by many."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from governance import events
from governance.actions.change import environment_resource
from governance.actions.stepping import Stepping, stepping
from governance.authorization import refusal
from governance.breakglass.guards import FRESH_FACTOR, GRANTEE
from governance.breakglass.reasons import LONGEST_TEXT, SHORTEST_TEXT, says_something
from governance.breakglass.terms import terms_of
from governance.catalogue import requestables
from governance.delegation.handed import version_now
from governance.delegation.opening import client_named, digest_of_code, must_be_open, must_be_there, told_of
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller
from governance.models import Delegation, Grant, RequestedSubject
from governance.models.delegations import LONGEST
from governance.rights import effective_rights

MOST_MINUTES = int(LONGEST.total_seconds() // 60)
MOST_AT_ONCE, MOST_EVER = 5, 50
"""Delegations of one grant."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a grant shall be handed on, to which client and why.

    Args:
        client_id: the client that shall read; by its public id.
        columns, subject_ids: fewer than granted; None: all that is granted.
        key: thumbprint (RFC 7638) of the key that the token has to be bound to; "": whichever the client brings.
    """

    grant_id: UUID
    client_id: UUID
    justification: str
    minutes: int = MOST_MINUTES
    columns: Sequence[UUID] | None = None
    subject_ids: Sequence[UUID] | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A delegation, and what the client takes it with: shown once, and to nobody but who holds the grant."""

    row: Delegation
    code: str | None


def offer_delegation(
    caller: Caller, offer: Offer, *, factor_at: datetime | None, now: datetime | None = None
) -> Offered:
    """Hand temporary access on to a client. Who asked for it for somebody else only offers; the holder accepts.

    Args:
        factor_at: when the caller last proved a second factor in this session.

    Raises:
        NotFound: there is no such grant of the caller's, or no such client.
        Invalid: it would be more than was granted, or for longer, or the justification says nothing.
        Refused: the grant opens nothing now, or the client may not act for others; on record.
    """
    with stepping(caller, events.DELEGATION_OFFERED, now=now or timezone.now()) as step:
        grant = _grant(caller, offer.grant_id)
        client = step.standing.clients.get(offer.client_id)
        if client is None:
            raise NotFound("There is no such client.", field="client_id")
        columns, people = _narrowed(offer, grant)
        _must_make_sense(offer)
        _must_be_few(grant, step.now)
        resource = must_be_there(grant.accessor_id).resource
        must_be_open(step.standing, grant, client_named(client, caller.environment_id), resource, now=step.now)
        row = Delegation.objects.create(
            environment_id=caller.environment_id,
            grant=grant,
            client_id=client.pk,
            offered_by_id=caller.account_id,
            columns=columns,
            people=people,
            minutes=offer.minutes,
            version=version_now(step.standing, grant.accessor_id),
            justification=offer.justification,
            key=offer.key,
            offered_at=step.now,
        )
        code = None
        if caller.account_id == grant.grantee_id:
            code = _accept(step, row, factor_at)
        step.tell("delegation.offered", [grant.grantee_id], grant.pk)
        step.facts.update(told_of(row, client.public_id), columns=len(columns), people=len(people))
    return Offered(row, code)


def accept_delegation(
    caller: Caller, *, delegation_id: UUID, factor_at: datetime | None, now: datetime | None = None
) -> Offered:
    """Accept what somebody else offered of one's own access: from here on the client can take it, for some minutes.

    Raises:
        NotFound: there is no such delegation.
        Refused: somebody else holds the grant, it was accepted or ended before, or a fresh factor is needed; on record.
    """
    with _living(caller, delegation_id, events.DELEGATION_ACCEPTED, now) as (step, row):
        if caller.account_id != row.grant.grantee_id:
            raise _failed(f"guard: {GRANTEE.name}", GRANTEE.says)
        if row.accepted_at is not None:
            raise _failed("delegation: it was accepted before", "It was accepted before.")
        client = client_named(step.standing.clients[row.client.public_id], caller.environment_id)
        resource = must_be_there(row.grant.accessor_id).resource
        must_be_open(step.standing, row.grant, client, resource, now=step.now)
        code = _accept(step, row, factor_at)
    return Offered(row, code)


def end_delegation(caller: Caller, *, delegation_id: UUID, now: datetime | None = None) -> Delegation:
    """End a delegation; its token opens nothing from the next check on.

    Whoever offered it, holds the grant, was handed it, or may stop or decide on such access ends it.
    """
    with _living(caller, delegation_id, events.DELEGATION_ENDED, now) as (step, row):
        _must_may_end(step, row)
        row.ended_at = step.now
        row.ended_by_id = caller.account_id
        Delegation.objects.filter(pk=row.pk).update(ended_at=row.ended_at, ended_by_id=row.ended_by_id)
        step.tell("delegation.ended", [row.grant.grantee_id], row.grant_id)
    return row


@contextmanager
def _living(
    caller: Caller, delegation_id: UUID, event: EventKind, now: datetime | None
) -> Iterator[tuple[Stepping, Delegation]]:
    with stepping(caller, event, now=now or timezone.now()) as step:
        rows = Delegation.objects.select_related("grant__grantee", "client")
        row = rows.filter(pk=delegation_id).first()
        if row is None:
            raise NotFound("There is no such delegation.", field="delegation")
        step.facts.update(told_of(row, row.client.public_id))
        if row.ended_at is not None:
            raise _failed("delegation: ended", "It has ended.")
        yield step, row


def _grant(caller: Caller, grant_id: UUID) -> Grant:
    found = Grant.objects.select_related("request", "grantee").filter(pk=grant_id).first()
    if found is None or caller.account_id not in {found.grantee_id, found.request.requester_id}:
        raise NotFound("There is no such access of yours.", field="grant_id")
    if found.is_emergency:
        raise refusal("delegation: an emergency is not handed on")
    return found


def _narrowed(offer: Offer, grant: Grant) -> tuple[list[UUID], list[int]]:
    """Return the columns, and the rows that name people, of what is handed on; `Invalid` where they are not granted."""
    granted = dict(
        RequestedSubject.objects.filter(request_id=grant.request_id, is_excluded=False)
        .order_by("pk")
        .values_list("subject_id", "pk")
    )
    columns = list(grant.columns) if offer.columns is None else list(dict.fromkeys(offer.columns))
    people = list(granted) if offer.subject_ids is None else list(dict.fromkeys(offer.subject_ids))
    for name, asked, held in (("columns", columns, set(grant.columns)), ("subjects", people, set(granted))):
        if not asked:
            raise Invalid("Name at least one.", field=name)
        if not set(asked) <= held:
            raise Invalid("Only what was granted is handed on, or less.", field=name)
    return columns, [granted[person] for person in people]


def _must_be_few(grant: Grant, now: datetime) -> None:
    """Rows stay, and people are told of each: nobody offers without end."""
    offered = Delegation.objects.filter(grant=grant)
    living = offered.filter(ended_at=None).exclude(not_after__lte=now)
    if living.count() >= MOST_AT_ONCE or offered.count() >= MOST_EVER:
        raise refusal("delegation: there are too many of this access", remedy="End some that are not needed.")


def _must_make_sense(offer: Offer) -> None:
    if not 1 <= offer.minutes <= MOST_MINUTES:
        raise Invalid(f"It lasts 1 to {MOST_MINUTES} minutes.", field="minutes")
    if not says_something(offer.justification):
        told = f"Say what it is for, in {SHORTEST_TEXT} to {LONGEST_TEXT} characters."
        raise Invalid(told, field="justification")
    if offer.key and (len(offer.key) != 43 or not offer.key.replace("-", "").replace("_", "").isalnum()):
        raise Invalid("This is no SHA-256 thumbprint of a key.", field="key")


def _accept(step: Stepping, row: Delegation, factor_at: datetime | None) -> str:
    within = terms_of(row.grant.accessor_id).factor_within
    is_fresh = factor_at is not None and within is not None and timedelta(0) <= step.now - factor_at <= within
    if within is not None and not is_fresh:
        raise _failed(f"guard: {FRESH_FACTOR.name}", FRESH_FACTOR.says, remedy=FRESH_FACTOR.remedy)
    step.must_be_sure()
    code = secrets.token_urlsafe(32)
    ends = step.now + timedelta(minutes=row.minutes)
    row.accepted_at, row.not_after = step.now, min(ends, row.grant.not_after or step.now)
    row.code = digest_of_code(code)
    row.save(update_fields=["accepted_at", "not_after", "code"])
    step.facts["until"] = row.not_after
    return code


def _must_may_end(step: Stepping, row: Delegation) -> None:
    caller = step.caller
    if caller.account_id in {row.offered_by_id, row.grant.grantee_id, row.client.account_id}:
        return
    found = requestables().find(row.grant.accessor_id)
    resource = found.resource if found else environment_resource(row.environment_id)
    for operation in ("configure", "approve"):
        if effective_rights(
            standing=step.standing, caller=caller, operation=operation, resource=resource, now=step.now
        ).allowed:
            return
    raise _failed("guard: may end", "There is no right to end this.")


def _failed(reason: str, says: str, *, remedy: str = "Look at it again.") -> Refused:
    refused = refusal(reason, remedy=remedy)
    return Refused(says, decision_id=refused.decision_id, reasons=refused.reasons, remedy=remedy)
